// The Builder of one attempt: its object, whose it is, and the statuses that it goes through.
import type { Steering } from '../function/annotations.ts';
import { type Attempt, childMetadata, createdAt, isAttempt } from '../function/child.ts';
import { formatDuration } from '../function/duration.ts';
import { kinds } from '../function/kinds.ts';
import type { BuilderObject, BuilderStatus, FunctionObject } from '../function/schema.ts';
import type { BuilderSpec } from '../function/schema-build.ts';
import type { SourceResult } from '../function/status.ts';
import type { KubeObject } from '../platform/kube/kube.ts';
import type { BuildOrder, RunResult } from './backend.ts';
import { buildInputHash } from './plan.ts';

/** The Builder to create. */
export function builderFor(fn: FunctionObject, attempt: Attempt, spec: BuilderSpec): KubeObject {
  return {
    apiVersion: kinds.builder.apiVersion,
    kind: kinds.builder.kind,
    metadata: childMetadata(fn, attempt),
    spec,
  };
}

/** What an engine is told of a Builder: what its run is pinned to, and what the Function's annotations say of it. */
export function orderFor(
  builder: BuilderObject,
  revision: string | undefined,
  { watch, hooks: { hooks } }: Pick<Steering, 'watch' | 'hooks'>,
): BuildOrder {
  const insecureRegistry = watch?.params.insecureRegistry ?? false;
  return { builder, revision, insecureRegistry, ...(hooks ? { hooks } : {}) };
}

/** Whether a Builder that is there already is the one that was wanted: same owner, sequence and inputs, the revision included. */
export function isSameBuilder(
  found: BuilderObject,
  order: { readonly fn: FunctionObject; readonly attempt: Attempt; readonly spec: BuilderSpec },
): boolean {
  return isAttempt(found, order.fn, order.attempt) && buildInputHash(found.spec) === buildInputHash(order.spec);
}

/** The status of a Builder whose run was created. */
export function runningStatus(resourceRef: Readonly<Record<string, string>>): BuilderStatus {
  return { phase: 'Build', state: 'Building', resourceRef };
}

/** How a build ended, in OpenFunction's words. */
export interface BuildEnd {
  readonly state: 'Succeeded' | 'Failed' | 'Timeout' | 'Canceled';
  readonly reason: string;
  readonly message: string;
  /** Absent when there was no Builder to count from. */
  readonly buildDuration?: string;
  readonly output?: { readonly digest: string; readonly size?: number };
  readonly sources?: readonly SourceResult[];
}

/** Longer messages hold a whole log; two objects with one each no API server stores. */
const longestMessage = 32_768;
const longestReason = 1024;
/** What can stand behind the `@` of an image. A digest comes from a result that a task of somebody's own may have written. */
const digestText = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-zA-Z]{1,256}$/;

/**
 * The end that a run's result means for its Builder, counted from the creation of `begun`; `now` stands in where the engine tells no time.
 * Undefined: not ended. What is no digest is left out, as one that was not told.
 */
export function endOf(result: RunResult, begun: KubeObject, now: number): BuildEnd | undefined {
  if (result.phase === 'running') return undefined;
  const buildDuration = durationSince(begun, result.completedAt, now);
  if (result.phase === 'failed') {
    const { state, reason, message } = result;
    return {
      state,
      reason: cut(reason, longestReason),
      message: cut(message || reason, longestMessage),
      buildDuration,
    };
  }
  const { output, sources, note } = result;
  return {
    state: 'Succeeded',
    reason: 'Succeeded',
    message: note ?? 'Succeeded',
    buildDuration,
    ...(output !== undefined && digestText.test(output.digest) ? { output } : {}),
    sources,
  };
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 3).toWellFormed()}...`;
}

/** Whole seconds, as OpenFunction counts. */
function durationSince(begun: KubeObject, completedAt: string | undefined, now: number): string {
  const end = Date.parse(completedAt ?? '') || now;
  const seconds = Math.floor((end - (createdAt(begun) ?? end)) / 1000);
  return formatDuration(Math.max(seconds, 0) * 1000);
}

/** The status of a Builder that has ended. */
export function endedStatus(end: BuildEnd, resourceRef: Readonly<Record<string, string>> | undefined): BuilderStatus {
  return { phase: 'Build', ...end, ...(resourceRef === undefined ? {} : { resourceRef }) };
}

/**
 * `status.sources` after a good build: what was reported, completed by the id that was pinned, which it never replaces.
 */
export function builtSources(reported: readonly SourceResult[], pinnedTo: string | undefined): readonly SourceResult[] {
  if (pinnedTo === undefined) return reported;
  const [first] = reported;
  if (pinnedTo.includes(':')) return [{ name: 'default', bundle: { digest: pinnedTo } }];
  return [{ ...first, name: 'default', git: { ...first?.git, commitSha: pinnedTo } }];
}

/** The id that a run reports to have built; undefined when it tells none. */
export function reportedRevision(sources: readonly SourceResult[]): string | undefined {
  const [first] = sources;
  return first?.git?.commitSha ?? first?.bundle?.digest;
}
