// Shipwright: one Build and one BuildRun for each Builder, of v1beta1, or of v1alpha1 where a cluster serves only that.
import { kinds } from '../../function/kinds.ts';
import { buildName, buildRunName } from '../../function/names.ts';
import type { Backend } from '../backend.ts';
import { emitBuild, emitBuildRun } from './emit.ts';
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

const registered = { name: buildName, refusal: readRegistration };

export const shipwright: Backend = {
  ...common,
  run: kinds.buildRun,
  emit: order => [
    { kind: kinds.build, object: emitBuild(order) },
    { kind: kinds.buildRun, object: emitBuildRun(order.builder) },
  ],
  registration: { ...registered, kind: kinds.build },
};

export const shipwrightV1alpha1: Backend = {
  ...common,
  run: kinds.buildRunV1alpha1,
  emit: order => [
    { kind: kinds.buildV1alpha1, object: emitBuildV1alpha1(order) },
    { kind: kinds.buildRunV1alpha1, object: emitBuildRunV1alpha1(order.builder) },
  ],
  registration: { ...registered, kind: kinds.buildV1alpha1 },
};
