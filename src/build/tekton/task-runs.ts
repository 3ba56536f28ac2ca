// Why a PipelineRun failed, told by the TaskRun that did (targets.md §1.2). Older versions of Tekton say it in the message alone.
import { z } from 'zod';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { FailureClass, RunResult } from '../backend.ts';

const text = z.string().catch('');
const references = z.object({
  childReferences: z.array(z.object({ kind: text, name: text })).catch([]),
});
const taskRunStatus = z.object({
  conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: text, message: text })).catch([]),
  steps: z
    .array(
      z.object({
        terminationReason: text,
        terminated: z.object({ reason: text }).optional().catch(undefined),
      }),
    )
    .catch([]),
});

/** More Tasks than any of our pipelines has. */
const mostRead = 12;

/** Names of the TaskRuns of a PipelineRun whose reason is no more than that one of them failed. */
export function taskRunNames(run: KubeObject, result: RunResult): readonly string[] {
  if (result.phase !== 'failed' || result.reason !== 'Failed') return [];
  const parsed = references.safeParse(run['status']);
  const children = parsed.data?.childReferences ?? [];
  const names = children.filter(({ kind, name }) => kind === 'TaskRun' && name !== '').map(({ name }) => name);
  return names.slice(-mostRead);
}

/** The same end with the reason of the TaskRun that failed; unchanged where none of these did. */
export function refine(result: RunResult, taskRuns: readonly KubeObject[]): RunResult {
  if (result.phase !== 'failed') return result;
  const ends = taskRuns.map(endOf).filter(end => end !== undefined);
  // One that failed takes the others down with it.
  const cause = ends.find(({ failure }) => failure !== 'user') ?? ends[0];
  if (cause === undefined) return result;
  const { reason, message } = cause;
  // What a hook says of a build is not the build's fault.
  const failure = result.failure === 'policy' && cause.failure === 'build' ? 'policy' : cause.failure;
  const said = [result.message, message].filter(part => part !== '').join(': ');
  return { ...result, reason, failure, message: said, ...(failure === 'time' ? { state: 'Timeout' as const } : {}) };
}

interface TaskEnd {
  readonly reason: string;
  readonly failure: FailureClass;
  readonly message: string;
}

function endOf({ metadata, ...taskRun }: KubeObject): TaskEnd | undefined {
  const parsed = taskRunStatus.safeParse(taskRun['status']);
  const succeeded = parsed.data?.conditions.find(({ type }) => type === 'Succeeded');
  if (parsed.data === undefined || succeeded?.status !== 'False') return undefined;
  const isOutOfMemory = parsed.data.steps.some(
    step => step.terminationReason === outOfMemory || step.terminated?.reason === outOfMemory,
  );
  const { reason, message } = succeeded;
  const task = metadata.labels?.['tekton.dev/pipelineTask'] ?? metadata.name;
  return {
    reason: reason || 'Failed',
    failure: classOf(reason, message, isOutOfMemory),
    message: `${task}: ${message}`,
  };
}

const outOfMemory = 'OOMKilled';

const classes: Readonly<Record<string, FailureClass>> = {
  StepFailed: 'build',
  // The same run would need as much again.
  StepOOM: 'config',
  SidecarOOM: 'config',
  InitContainerOOM: 'config',
  SidecarFailed: 'transient',
  InitContainerFailed: 'transient',
  PodEvicted: 'transient',
  TaskRunTimeout: 'time',
  TaskRunCancelled: 'user',
  TaskRunImagePullFailed: 'transient',
  CreateContainerConfigError: 'config',
  PodCreationFailed: 'transient',
  TaskRunResultLargerThanAllowedLimit: 'build',
  TaskRunResolutionFailed: 'config',
  TaskRunValidationFailed: 'config',
  TaskValidationFailed: 'config',
};

/** Kubernetes' words for a pod that was taken away, or that never got its image, and Tekton's for one that it does not find any more. */
const passing =
  /\bevicted\b|low on resource|node shutdown|node is shutting down|\bNodeLost\b|preempt|taint manager|TaintManager|pod .*\b(?:deleted|not found)\b|ErrImagePull|ImagePullBackOff|failed to pull image/i;

/** Whom it is up to. `Failed` may be anything. */
function classOf(reason: string, message: string, isOutOfMemory: boolean): FailureClass {
  const known = Object.hasOwn(classes, reason) ? classes[reason] : undefined;
  if (known !== undefined && known !== 'build') return known;
  if (passing.test(message)) return 'transient';
  return isOutOfMemory || message.includes(outOfMemory) ? 'config' : 'build';
}
