// The status of a BuildRun, of either version, as a RunResult. What cannot be read counts as not finished.
import { z } from 'zod';
import type { SourceResult } from '../../function/status.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { RunResult } from '../backend.ts';
import { packedNote } from '../packed-note.ts';
import { classOf, stateOf } from './reasons.ts';

const text = z.string().catch('');
const git = z.object({ commitSha: z.string(), commitAuthor: z.string(), branchName: z.string() }).partial();
const digestOf = z.object({ digest: z.string() }).partial();
const buildRunStatus = z.object({
  completionTime: z.string().optional(),
  conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: text, message: text })).optional(),
  output: z.object({ digest: z.string(), size: z.number().optional() }).partial().optional(),
  source: z.object({ git, ociArtifact: digestOf }).partial().optional(),
  // As v1alpha1 has them.
  sources: z.array(z.object({ name: z.string(), git: git.optional(), bundle: digestOf.optional() })).optional(),
  failureDetails: z.object({ reason: z.string(), message: z.string() }).partial().optional(),
});

type BuildRunStatus = z.infer<typeof buildRunStatus>;

/** Reads a BuildRun. */
export function readBuildRun(run: KubeObject): RunResult {
  const parsed = buildRunStatus.safeParse(run['status'] ?? {});
  if (!parsed.success) return { phase: 'running' };
  const status = parsed.data;
  const succeeded = status.conditions?.find(condition => condition.type === 'Succeeded');
  if (!succeeded || status.completionTime === undefined || succeeded.status === 'Unknown') return { phase: 'running' };
  const completedAt = status.completionTime;
  if (succeeded.status === 'True') {
    const note = packedNote(succeeded.message);
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

/** v1beta1 tells one source; OpenFunction's list names it `default`. */
function sources(status: BuildRunStatus): readonly SourceResult[] {
  const { source, sources: named = [] } = status;
  if (source !== undefined) return sourceResult('default', source.git, source.ociArtifact);
  return named.flatMap(entry => sourceResult(entry.name, entry.git, entry.bundle));
}

function sourceResult(
  name: string,
  ofGit: z.infer<typeof git> | undefined,
  bundle: z.infer<typeof digestOf> | undefined,
): readonly SourceResult[] {
  if (ofGit?.commitSha) {
    const { commitSha, commitAuthor, branchName } = ofGit;
    const told = { commitSha, ...(commitAuthor ? { commitAuthor } : {}), ...(branchName ? { branchName } : {}) };
    return [{ name, git: told }];
  }
  return bundle?.digest ? [{ name, bundle: { digest: bundle.digest } }] : [];
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
