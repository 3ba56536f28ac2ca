// PipelineRun status → RunResult, as targets.md §1.2 has it. What cannot be read counts as not finished.
import { z } from 'zod';
import type { SourceResult } from '../../function/status.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { RunResult } from '../backend.ts';
import { packedNote } from '../packed-note.ts';
import { failedHook } from './hooks.ts';
import { classOf, stateOf } from './reasons.ts';

const text = z.string().catch('');
const runStatus = z.object({
  completionTime: z.string().optional(),
  conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: text, message: text })).optional(),
  results: z.array(z.object({ name: z.string(), value: z.unknown() })).optional(),
});

type Results = ReadonlyMap<string, string>;

/** Reads a PipelineRun. */
export function readPipelineRun(run: KubeObject): RunResult {
  const parsed = runStatus.safeParse(run['status'] ?? {});
  if (!parsed.success) return { phase: 'running' };
  const { completionTime, conditions } = parsed.data;
  const succeeded = conditions?.find(condition => condition.type === 'Succeeded');
  if (succeeded === undefined || !['True', 'False'].includes(succeeded.status)) return { phase: 'running' };
  const completed = completionTime === undefined ? {} : { completedAt: completionTime };
  if (succeeded.status === 'True') {
    const results = textResults(parsed.data.results ?? []);
    return {
      phase: 'succeeded',
      ...packedNote(succeeded.message),
      ...output(results),
      sources: sources(results),
      ...completed,
    };
  }
  const { reason, message } = succeeded;
  const failure = classOf(reason);
  // What was built is not good enough for somebody; of a run that never began, was stopped or took too long no hook said so.
  const hook = failure === 'build' ? failedHook(run) : undefined;
  return {
    phase: 'failed',
    state: stateOf(reason),
    reason: reason || 'Failed',
    failure: hook === undefined ? failure : 'policy',
    message: hook === undefined ? message : `${hook} failed: ${message}`,
    ...completed,
  };
}

/** Scripts may leave a line's end behind a value. */
function textResults(results: readonly { readonly name: string; readonly value?: unknown }[]): Results {
  return new Map(
    results.flatMap(({ name, value }) => (typeof value === 'string' ? [[name, value.trim()] as const] : [])),
  );
}

function output(results: Results): { output?: { digest: string; size?: number } } {
  const digest = results.get('IMAGE_DIGEST');
  if (!digest) return {};
  const size = results.get('image-size') ?? '';
  return { output: /^\d{1,15}$/.test(size) ? { digest, size: Number(size) } : { digest } };
}

function sources(results: Results): readonly SourceResult[] {
  const commitSha = results.get('CHAINS-GIT_COMMIT');
  if (commitSha) {
    const commitAuthor = results.get('commit-author');
    return [{ name: 'default', git: { commitSha, ...(commitAuthor ? { commitAuthor } : {}) } }];
  }
  const digest = results.get('bundle-digest');
  return digest ? [{ name: 'default', bundle: { digest } }] : [];
}
