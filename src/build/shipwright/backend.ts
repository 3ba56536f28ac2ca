// Shipwright (shipwright.io/v1beta1): one Build and one BuildRun for each Builder.
import { kinds } from '../../function/kinds.ts';
import { buildName, buildRunName } from '../../function/names.ts';
import type { Backend } from '../backend.ts';
import { emitBuild, emitBuildRun } from './emit.ts';
import { readBuildRun, readRegistration } from './result.ts';

export const shipwright: Backend = {
  engine: 'shipwright',
  run: kinds.buildRun,
  emit: order => [
    { kind: kinds.build, object: emitBuild(order) },
    { kind: kinds.buildRun, object: emitBuildRun(order.builder) },
  ],
  runName: buildRunName,
  runNamed: resourceRef => resourceRef['shipwright.io/buildRun'],
  resourceRef: builder => ({
    'shipwright.io/build': buildName(builder),
    'shipwright.io/buildRun': buildRunName(builder),
  }),
  result: readBuildRun,
  registration: { kind: kinds.build, name: buildName, refusal: readRegistration },
  cancel: { spec: { state: 'BuildRunCanceled' } },
};
