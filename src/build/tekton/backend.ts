// Tekton (tekton.dev/v1): one PipelineRun for each Builder, its pipeline inlined.
import { kinds } from '../../function/kinds.ts';
import { pipelineRunName } from '../../function/names.ts';
import type { Backend } from '../backend.ts';
import { emitPipelineRun } from './emit.ts';
import { readPipelineRun } from './result.ts';
import { refine, taskRunNames } from './task-runs.ts';

const runKey = 'tekton.dev/pipelineRun';

export const tekton: Backend = {
  engine: 'tekton',
  run: kinds.pipelineRun,
  takesHooks: true,
  emit: order => [{ kind: kinds.pipelineRun, object: emitPipelineRun(order) }],
  runName: pipelineRunName,
  runNamed: resourceRef => resourceRef[runKey],
  resourceRef: builder => ({ [runKey]: pipelineRunName(builder) }),
  result: readPipelineRun,
  details: { kind: kinds.taskRun, names: taskRunNames, refine },
  cancel: { spec: { status: 'Cancelled' } },
};
