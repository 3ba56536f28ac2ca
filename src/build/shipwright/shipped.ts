// The ClusterBuildStrategies of pipelines/shipwright, as far as they ask something of a build.
import data from './strategies.json' with { type: 'json' };

const strategies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = data;

/** The ClusterBuildStrategy of this name that revflow brings with it; undefined: it brings none. */
export function shippedStrategy(name: string): Readonly<Record<string, unknown>> | undefined {
  return Object.hasOwn(strategies, name) ? strategies[name] : undefined;
}
