// Shipwright: one Build and one BuildRun for each Builder, of v1beta1, or of v1alpha1 where a cluster serves only that.
import { kinds } from '../../function/kinds.ts';
import { buildName, buildRunName } from '../../function/names.ts';
import { reasons } from '../../function/reasons.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import { TerminalError } from '../../platform/errors.ts';
import type { Kind } from '../../platform/kube/kube.ts';
import type { Backend, BuildOrder } from '../backend.ts';
import { emitBuild, emitBuildRun, strategyOf } from './emit.ts';
import { emitBuildRunV1alpha1, emitBuildV1alpha1 } from './emit-v1alpha1.ts';
import { readBuildRun, readRegistration } from './result.ts';

/** What both versions have alike. */
const common = {
  engine: 'shipwright',
  runName: buildRunName,
  runNamed: (resourceRef: Readonly<Record<string, string>>) => resourceRef['shipwright.io/buildRun'],
  resourceRef: (builder: string) => ({
    'shipwright.io/build': buildName(builder),
    'shipwright.io/buildRun': buildRunName(builder),
  }),
  result: readBuildRun,
  cancel: { spec: { state: 'BuildRunCanceled' } },
} as const;

/** Finds a strategy among these two kinds. */
function strategyAmong(own: Kind, ofCluster: Kind): NonNullable<Backend['strategy']> {
  return spec => {
    const { name, kind: asked = own.kind } = strategyOf(spec);
    const kind = [own, ofCluster].find(each => each.kind === asked);
    return kind && { kind, name };
  };
}

function unused({ builderCredentials }: BuilderSpec): string | undefined {
  if (!builderCredentials?.name) return undefined;
  return 'builderCredentials is not used: Shipwright v1beta1 has no place for it; let the nodes pull the builder image otherwise';
}

/** A run of Shipwright holds no Tasks; a build without the scan that was asked for is none. */
function withoutHooks(order: BuildOrder): BuildOrder {
  if (order.hooks === undefined) return order;
  throw new TerminalError('HooksNeedTekton', reasons.HooksNeedTekton);
}

const registered = { name: buildName, refusal: readRegistration };

export const shipwright: Backend = {
  ...common,
  run: kinds.buildRun,
  emit: order => [
    { kind: kinds.build, object: emitBuild(withoutHooks(order)) },
    { kind: kinds.buildRun, object: emitBuildRun(order.builder) },
  ],
  registration: { ...registered, kind: kinds.build },
  strategy: strategyAmong(kinds.buildStrategy, kinds.clusterBuildStrategy),
  unused,
};

export const shipwrightV1alpha1: Backend = {
  ...common,
  run: kinds.buildRunV1alpha1,
  emit: order => [
    { kind: kinds.buildV1alpha1, object: emitBuildV1alpha1(withoutHooks(order)) },
    { kind: kinds.buildRunV1alpha1, object: emitBuildRunV1alpha1(order.builder) },
  ],
  registration: { ...registered, kind: kinds.buildV1alpha1 },
  strategy: strategyAmong(kinds.buildStrategyV1alpha1, kinds.clusterBuildStrategyV1alpha1),
};
