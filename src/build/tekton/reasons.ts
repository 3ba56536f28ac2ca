// The reasons with which Tekton ends a PipelineRun, by whom they are up to (targets.md §1.2).
import type { FailureClass, RunResult } from '../backend.ts';

type FailedState = Extract<RunResult, { phase: 'failed' }>['state'];

const configured = [
  'CouldntGetPipeline',
  'CouldntGetTask',
  'ParameterMissing',
  'ParameterTypeMismatch',
  'InvalidParamValue',
  'PipelineValidationFailed',
  'PipelineInvalidGraph',
  'InvalidWorkspaceBindings',
  'InvalidTaskRunSpecs',
  'InvalidTaskResultReference',
  'InvalidPipelineResultReference',
  'ResourceVerificationFailed',
  'CELEvaluationFailed',
  'InvalidMatrixParameterTypes',
  'ObjectParameterMissKeys',
  'ParamArrayIndexingInvalid',
  'RequiredWorkspaceMarkedOptional',
  'CouldntGetPipelineResult',
] as const;

const classes: ReadonlyMap<string, FailureClass> = new Map<string, FailureClass>([
  ...configured.map(reason => [reason, 'config'] as const),
  ['Cancelled', 'user'],
  ['PipelineRunTimeout', 'time'],
  ['CreateRunFailed', 'transient'],
  ['PipelineRunCouldntCancel', 'transient'],
  ['PipelineRunCouldntTimeOut', 'transient'],
  ['Failed', 'build'],
]);

/** OpenFunction's word for the end: two reasons have one of their own. */
export function stateOf(reason: string): FailedState {
  if (reason === 'PipelineRunTimeout') return 'Timeout';
  return reason === 'Cancelled' ? 'Canceled' : 'Failed';
}

/** Whom an end is up to. An unknown reason is the build's. */
export function classOf(reason: string): FailureClass {
  return classes.get(reason) ?? 'build';
}
