// The ClusterBuildStrategies of pipelines/shipwright, as far as they ask something of a build or of a cluster.
import type { KubeObject } from '../../platform/kube/kube.ts';
import data from './strategies.json' with { type: 'json' };

const strategies: Readonly<Record<string, KubeObject>> = data;

/** The ClusterBuildStrategy of this name that revflow brings with it; undefined: it brings none. */
export function shippedStrategy(name: string): KubeObject | undefined {
  return Object.hasOwn(strategies, name) ? strategies[name] : undefined;
}
