// What is watched for a Function and what was last seen of it: read from spec, Secret and the state port; nothing is written.
import type { LeftId } from '../../decide/facts.ts';
import { isReason, type Reason } from '../../function/reasons.ts';
import type { FunctionObject } from '../../function/schema.ts';
import type { WatchStatus } from '../../function/status.ts';
import type { Clock } from '../../platform/clock.ts';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import { KubeError } from '../../platform/kube/kube.ts';
import type { State } from '../../platform/state/state.ts';
import type { Credentials } from '../../revision/credential.ts';
import { readObservation } from '../../revision/detect.ts';
import type { Observation } from '../../revision/observation.ts';
import { sourceKey } from '../../watch/graph.ts';
import { planWatch, type Watch } from '../../watch/plan.ts';
import type { Source, Want } from '../../watch/source.ts';
import type { Said } from '../outcome.ts';

/** How soon a Secret that could not be used is tried again where nothing wakes the Function. */
export const secretRetryMs = 60_000;

/** A source that is asked, and the last answer. */
export interface Seen {
  readonly watch: Watch;
  /** The source's key. */
  readonly key: string;
  /** Absent: none yet, or it was lost. */
  readonly observation: Observation | undefined;
  readonly warnings: readonly string[];
}

export type Look =
  | { readonly kind: 'unwatched'; readonly said: Said }
  /** Its credential cannot be used. */
  | { readonly kind: 'unusable'; readonly watch: Watch; readonly said: Said }
  | ({ readonly kind: 'seen' } & Seen);

/** KubeError when the API server cannot be asked for the Secret. */
export async function lookAtWatch(
  ports: { readonly state: State; readonly credentials: Credentials; readonly clock: Pick<Clock, 'now'> },
  fn: FunctionObject,
): Promise<Look> {
  const plan = planWatch(fn);
  if (plan.kind === 'unwatched') {
    return { kind: 'unwatched', said: { status: 'False', reason: plan.reason, message: plan.message } };
  }
  const { watch } = plan;
  const found = await readSource(ports, fn.metadata.namespace, watch);
  if ('reason' in found) {
    return { kind: 'unusable', watch, said: { status: 'False', reason: found.reason, message: found.message } };
  }
  const { key, warnings } = found;
  const isFirst = fn.status?.watch?.observed === undefined || fn.status.watch.source !== key;
  const observation =
    found.observation && isFirst ? withoutOld(found.observation, watch, ports.clock.now()) : found.observation;
  return { kind: 'seen', watch, key, observation, warnings: [...watch.warnings, ...warnings] };
}

/** What stands in the state port of a source that is asked with the credential of its watch. */
interface ReadSource {
  readonly key: string;
  /** Absent: none yet, or it was lost. */
  readonly observation: Observation | undefined;
  readonly warnings: readonly string[];
}

/** The last answer of a source, or why its credential cannot be used; KubeError when the API server cannot be asked for the Secret. */
export async function readSource(
  ports: { readonly state: State; readonly credentials: Credentials },
  namespace: string,
  { secret: name, source }: Pick<Watch, 'secret' | 'source'>,
): Promise<ReadSource | { readonly reason: Reason; readonly message: string }> {
  const secret = name === undefined ? undefined : { namespace, name };
  try {
    const { credentialId, warnings } = await ports.credentials.resolve(secret, source);
    const key = sourceKey(source, credentialId);
    return { key, observation: await readObservation(ports.state, key), warnings };
  } catch (error) {
    if (error instanceof KubeError && error.status !== 403) throw error;
    if (!(error instanceof RetryableError || error instanceof TerminalError) || !isReason(error.reason)) throw error;
    return { reason: error.reason, message: error.message };
  }
}

/** A source that was not asked for so many intervals, and a while more, is not known any more. */
const oldIntervals = 3;
const oldMs = 60_000;

/** What was seen before all workers were away for long is nothing to begin with: the next poll is soon. At 0 no time is known (explain). */
function withoutOld(observation: Observation, watch: Watch, now: number): Observation {
  const intervalMs = Math.max(watch.intervalMs, observation.intervalMs);
  const isOld = observation.at > 0 && now - observation.at > oldIntervals * intervalMs + oldMs;
  return isOld ? { ...observation, heads: {} } : observation;
}

/** The ids that a Function left of late, as its status records them. */
export function leftIds({ left = [] }: WatchStatus = {}): readonly LeftId[] {
  return left.map(({ id, at }) => ({ id, at: Date.parse(at) }));
}

/** Names a source for people. */
export function describe(source: Source, want: Want): string {
  if (source.kind === 'image') return `${source.registry}/${source.repository}:${source.tag}`;
  return want === 'HEAD' ? `the default branch of ${source.url}` : `${want} of ${source.url}`;
}
