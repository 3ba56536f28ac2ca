// How recorded builds ended, and the status of a v1beta1 BuildRun that ends so.
import type { KubeObject } from '../../../src/platform/kube/kube.ts';
import type { GoldenCase } from '../cases.ts';
import { isPlain } from './field.ts';

/** A Builder's last recorded status, and the BuildRun's where the recording has it. */
export interface RecordedEnd {
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly output: unknown;
  readonly sources: readonly unknown[];
}

const ended = new Set(['Succeeded', 'Failed', 'Timeout', 'Canceled']);

/**
 * The end that Shipwright gave the run of this Builder; undefined when it gave none: the build never ended, or OpenFunction's own clock
 * ended it.
 */
export function endOf(recorded: GoldenCase, builder: string): RecordedEnd | undefined {
  const statuses = recorded.history[`Builder/${builder}`] ?? [];
  const last = statuses.findLast(status => isPlain(status) && ended.has(String(status['state'])));
  if (last === undefined || (last['state'] === 'Timeout' && last['reason'] === 'Timeout')) return undefined;
  const run = [...recorded.objects, ...recorded.building].find(
    ({ kind, metadata, ...rest }) =>
      kind === 'BuildRun' && metadata.name.startsWith(`${builder}-buildrun-`) && sourcesOf(rest['status']).length > 0,
  );
  const told = sourcesOf(run?.['status']);
  return {
    state: String(last['state']),
    reason: String(last['reason']),
    message: String(last['message']),
    output: last['output'],
    sources: told.length > 0 ? told : sourcesOf(last),
  };
}

function sourcesOf(status: unknown): readonly unknown[] {
  const sources = isPlain(status) ? status['sources'] : undefined;
  return Array.isArray(sources) ? sources : [];
}

/** What Shipwright writes for it, today's way. `now` in milliseconds. */
export function runStatusOf(end: RecordedEnd, now: number): object {
  const at = new Date(now).toISOString();
  const isGood = end.state === 'Succeeded';
  const message = isGood ? 'All Steps have completed executing' : end.message;
  const [first] = end.sources;
  return {
    conditions: [
      { type: 'Succeeded', status: isGood ? 'True' : 'False', reason: end.reason, message, lastTransitionTime: at },
    ],
    completionTime: at,
    ...(end.output === undefined ? {} : { output: end.output }),
    ...(first === undefined ? {} : { source: sourceOf(first) }),
  };
}

/** A v1alpha1 source list has one entry, whose bundle is an OCI artifact now. */
function sourceOf(source: unknown): object {
  if (!isPlain(source)) return {};
  const { git, bundle } = source;
  return { ...(git === undefined ? {} : { git }), ...(bundle === undefined ? {} : { ociArtifact: bundle }) };
}

/** The status of a run that was asked to stop, and has stopped. */
export function cancelledStatus(now: number): object {
  const told = { state: 'Canceled', reason: 'BuildRunCanceled', message: 'the BuildRun is marked canceled.' };
  return runStatusOf({ ...told, output: undefined, sources: [] }, now);
}

/** Whether a run has ended, by its own status. */
export function hasEnded(run: KubeObject): boolean {
  const { status } = run;
  return isPlain(status) && status['completionTime'] !== undefined;
}
