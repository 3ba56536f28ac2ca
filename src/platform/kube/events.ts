// Kubernetes Events (events.k8s.io/v1): what happened to an object, for people; the same again counts up instead of adding one more.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { type Kind, type Kube, KubeError, type KubeObject, type Ref } from './kube.ts';

/** What an Event says of an object. */
export interface EventInput {
  readonly regarding: KubeObject;
  /** A second object that took part. */
  readonly related?: KubeObject;
  /** What was done, one CamelCase word. */
  readonly action: string;
  /** Why, one CamelCase word: the same as in the condition. */
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  /** For people; cut at 1 kB. */
  readonly note: string;
}

/** Who reports. */
export interface EventReporter {
  readonly clock: Clock;
  readonly log: Log;
  /** The controller's name; default `openfunction.io/revflow`. */
  readonly controller?: string;
  /** This process, e.g. the pod's name. */
  readonly instance: string;
}

/** Event of events.k8s.io. */
export const eventKind: Kind = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };

interface Event extends KubeObject {
  readonly series?: { readonly count?: number } | null;
}

/** The API server refuses longer notes, and the Event would be lost. */
const longestNote = 1024;
const longestName = 253;

/**
 * Records an Event. Its name comes from what it says, so a repeated one raises `series.count` of the first. Never rejects for a
 * KubeError: an Event is not worth failing for, it is logged instead.
 */
export async function recordEvent(kube: Kube, input: EventInput, reporter: EventReporter): Promise<void> {
  const event = eventOf(input, reporter);
  try {
    await kube.create(eventKind, event);
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.reason !== 'AlreadyExists') return complain(reporter, input, error);
    await repeat(kube, event, reporter).catch((again: unknown) => complain(reporter, input, again));
  }
}

/** Counts one more; two that count at the same time may count as one. */
async function repeat(kube: Kube, event: KubeObject, { clock }: EventReporter): Promise<void> {
  const { name, namespace } = event.metadata;
  const ref: Ref = { kind: eventKind, name, ...(namespace === undefined ? {} : { namespace }) };
  const known = await kube.get<Event>(ref);
  const count = (known?.series?.count ?? 1) + 1;
  await kube.patch(ref, { series: { count, lastObservedTime: microTime(clock.now()) } });
}

function complain({ log }: EventReporter, { regarding, reason }: EventInput, error: unknown): void {
  if (!(error instanceof KubeError)) throw error;
  const { namespace, name } = regarding.metadata;
  log.warn('event not recorded', { object: `${regarding.kind} ${namespace ?? ''}/${name}`, event: reason, error });
}

function eventOf(
  input: EventInput,
  { clock, controller = 'openfunction.io/revflow', instance }: EventReporter,
): KubeObject {
  const { regarding, related, action, reason, type } = input;
  const note = cut(input.note, longestNote);
  const said = [regarding.metadata.uid, related?.metadata.uid, action, reason, type, note];
  const suffix = `.${createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16)}`;
  return {
    apiVersion: eventKind.apiVersion,
    kind: eventKind.kind,
    metadata: {
      name: `${regarding.metadata.name.slice(0, longestName - suffix.length)}${suffix}`,
      // Events about objects without namespace live in `default`; the API server insists.
      namespace: regarding.metadata.namespace ?? 'default',
    },
    eventTime: microTime(clock.now()),
    reportingController: controller,
    reportingInstance: cut(instance, 128),
    action,
    reason,
    type,
    note,
    regarding: referenceTo(regarding),
    ...(related && { related: referenceTo(related) }),
  };
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject) {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, namespace, uid, resourceVersion };
}

/** At most so many bytes of UTF-8, and never half a character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const ellipsis = '…';
  const kept = Buffer.from(text).subarray(0, bytes - Buffer.byteLength(ellipsis));
  return `${new TextDecoder().decode(kept, { stream: true })}${ellipsis}`;
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
