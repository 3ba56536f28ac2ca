// The cluster of the reconcile tests: our own kinds and Shipwright's.

import { foreignDefinitions } from '../../src/local/crd/foreign.ts';
import { startTestCluster, type TestCluster } from '../servers/api-server.ts';

export async function startReconcileCluster(): Promise<TestCluster> {
  const cluster = await startTestCluster();
  // A real one has those of upstream.
  if (!cluster.isReal) await cluster.install(foreignDefinitions);
  return cluster;
}
