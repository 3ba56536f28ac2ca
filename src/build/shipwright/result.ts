// The status of a BuildRun as a RunResult. What cannot be read counts as not finished.
import { z } from 'zod';
import type { SourceResult } from '../../function/status.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { RunResult } from '../backend.ts';
import { classOf, stateOf } from './reasons.ts';

const text = z.string().catch('');
const buildRunStatus = z.object({
  completionTime: z.string().optional(),
  conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: text, message: text })).optional(),
  output: z.object({ digest: z.string(), size: z.number().optional() }).partial().optional(),
  source: z
    .object({
      git: z.object({ commitSha: z.string(), commitAuthor: z.string(), branchName: z.string() }).partial(),
      ociArtifact: z.object({ digest: z.string() }).partial(),
    })
    .partial()
    .optional(),
  failureDetails: z.object({ reason: z.string(), message: z.string() }).partial().optional(),
});

type BuildRunStatus = z.infer<typeof buildRunStatus>;

/** Beginning of the message of a run that the local runner packed without building. */
const packedNote = 'packed, not built';

/** Reads a BuildRun. */
export function readBuildRun(run: KubeObject): RunResult {
  const parsed = buildRunStatus.safeParse(run['status'] ?? {});
  if (!parsed.success) return { phase: 'running' };
  const status = parsed.data;
  const succeeded = status.conditions?.find(condition => condition.type === 'Succeeded');
  if (!succeeded || status.completionTime === undefined || succeeded.status === 'Unknown') return { phase: 'running' };
  const completedAt = status.completionTime;
  if (succeeded.status === 'True') {
    const note = succeeded.message.startsWith(packedNote) ? { note: succeeded.message } : {};
    return { phase: 'succeeded', ...note, ...output(status), sources: sources(status), completedAt };
  }
  const { reason, message } = succeeded;
  return {
    phase: 'failed',
    state: stateOf(reason),
    reason: reason || 'Failed',
    failure: classOf(reason, status.failureDetails?.reason),
    message: [message, details(status, message)].filter(part => part !== '').join(': '),
    completedAt,
  };
}

function output(status: BuildRunStatus): { output?: { digest: string; size?: number } } {
  const { digest, size } = status.output ?? {};
  if (!digest) return {};
  return { output: size === undefined ? { digest } : { digest, size } };
}

/** Shipwright tells one source; OpenFunction's list names it `default`. */
function sources(status: BuildRunStatus): readonly SourceResult[] {
  const { git, ociArtifact } = status.source ?? {};
  if (git?.commitSha) {
    const { commitSha, commitAuthor, branchName } = git;
    const told = { commitSha, ...(commitAuthor ? { commitAuthor } : {}), ...(branchName ? { branchName } : {}) };
    return [{ name: 'default', git: told }];
  }
  if (ociArtifact?.digest) return [{ name: 'default', bundle: { digest: ociArtifact.digest } }];
  return [];
}

function details(status: BuildRunStatus, said: string): string {
  const { reason = '', message = '' } = status.failureDetails ?? {};
  if (message !== '' && said.includes(message)) return '';
  return [reason, message].filter(part => part !== '').join(': ');
}

const buildStatus = z.object({ registered: z.string(), reason: text, message: text });

/** What the Build's own status refuses: its run will never begin. Undefined: it is registered, or not looked at yet. */
export function readRegistration(build: KubeObject): RunResult | undefined {
  const parsed = buildStatus.safeParse(build['status']);
  if (!parsed.success || parsed.data.registered !== 'False') return undefined;
  const { reason, message } = parsed.data;
  const why = [reason, message].filter(part => part !== '').join(': ');
  const said = `the Build ${build.metadata.name} is not registered${why && `: ${why}`}`;
  return { phase: 'failed', state: 'Failed', reason: 'BuildRegistrationFailed', failure: 'config', message: said };
}
