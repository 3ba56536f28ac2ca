// OpenFunction as far as companion mode meets it: its own definitions, and a status that its controllers would write.
import { join } from 'node:path';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { readDefinitions } from '../servers/api-server.ts';

/** Its definitions as they are released, without the webhooks that only its own controllers serve; empty where they are not at hand. */
export const openFunctionDefinitions: readonly KubeObject[] = (
  await readDefinitions(join(import.meta.dirname, '../../../shared/crds/openfunction'))
).map(definition => ({ ...definition, spec: { ...Object(definition['spec']), conversion: undefined } }));

/** A build that ended well and a workload that runs, with what it records of a revision. */
export function openFunctionStatus(recorded: object): object {
  return {
    build: { state: 'Succeeded', reason: 'Succeeded', resourceRef: 'builder-x7k2p', resourceHash: '10713867512' },
    serving: {
      state: 'Running',
      resourceRef: 'serving-9xq4d',
      resourceHash: '2750563241',
      service: 'serving-9xq4d-ksvc',
    },
    ...recorded,
  };
}
