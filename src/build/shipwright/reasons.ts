// The reasons with which Shipwright ends a BuildRun, by whom they are up to.
import type { FailureClass, RunResult } from '../backend.ts';

type FailedState = Extract<RunResult, { phase: 'failed' }>['state'];

const configured = [
  'BuildRegistrationFailed',
  'BuildNotFound',
  'UnknownStrategyKind',
  'ClusterBuildStrategyNotFound',
  'BuildStrategyNotFound',
  'ServiceAccountNotFound',
  'MissingParameterValues',
  'RestrictedParametersInUse',
  'UndefinedParameter',
  'WrongParameterValueType',
  'InconsistentParameterValues',
  'EmptyArrayItemParameterValues',
  'IncompleteConfigMapValueParameterValues',
  'IncompleteSecretValueParameterValues',
  'BuildRunNameInvalid',
  'BuildRunNoRefOrSpec',
  'BuildRunAmbiguousBuild',
  'BuildRunBuildFieldOverrideForbidden',
  'UndefinedStepResource',
  'InvalidPlatform',
  'NodeSelectorPlatformConflict',
  'ExecutorNotPipelineRun',
  'NodePlatformNotFound',
  'TaskRunGenerationFailed',
  'PipelineRunGenerationFailed',
  'SetOwnerReferenceFailed',
  'TaskRunIsMissing',
  'VolumeDoesNotExist',
] as const;

const classes: ReadonlyMap<string, FailureClass> = new Map<string, FailureClass>([
  ...configured.map(reason => [reason, 'config'] as const),
  ['BuildRunCanceled', 'user'],
  ['BuildRunTimeout', 'time'],
  ['PodEvicted', 'transient'],
  // The same run would need as much again.
  ['StepOutOfMemory', 'config'],
  ['VulnerabilitiesFound', 'policy'],
  ['Failed', 'build'],
  ['PipelineRunFailed', 'build'],
]);

/** OpenFunction's word for the end: two reasons have one of their own. */
export function stateOf(reason: string): FailedState {
  if (reason === 'BuildRunTimeout') return 'Timeout';
  return reason === 'BuildRunCanceled' ? 'Canceled' : 'Failed';
}

/** Whom an end is up to; a fetch that failed on its way is the network's, whatever the run calls it. An unknown reason is the build's. */
export function classOf(reason: string, detail: string | undefined): FailureClass {
  const found = classes.get(reason) ?? 'build';
  return found === 'build' && detail === 'GitError' ? 'transient' : found;
}
