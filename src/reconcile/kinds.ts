// Which objects wake which Function: what the leader's informers keep of a Function's children, and which changes matter.
import { kinds } from '../function/kinds.ts';
import { labels, shareAnnotation } from '../function/names.ts';
import type { Kind, KubeObject } from '../platform/kube/kube.ts';

/** A Builder, a Serving or a run, as the leader keeps it. */
export interface ChildView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** UID of the Function that it belongs to. */
  readonly functionUid: string;
  /** Name of that Function; a long one as labels have it. */
  readonly function: string;
  /** Name of the Builder that it is or is of. */
  readonly builder: string;
  /** Of a run that other Functions may share: the hash of what it is made from. */
  readonly share: string | undefined;
  /** Which attempt of the Function it is. */
  readonly sequence: number;
  /** How it ended; absent: it has not. Servings do not end. */
  readonly ended: 'succeeded' | 'failed' | undefined;
  /** Whether somebody asked it to stop. */
  readonly cancelled: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A kind of child. */
export interface ChildKind {
  readonly kind: Kind;
  /** Reads how an object of this kind ended. */
  readonly ended: (status: Status) => ChildView['ended'];
}

type Status = Readonly<Record<string, unknown>>;

/** Builders end with a state, runs with the condition `Succeeded`, and what is registered beside a run when it is refused. */
export const builders: ChildKind = { kind: kinds.builder, ended: endOfBuilder };
export const servings: ChildKind = { kind: kinds.serving, ended: () => undefined };
export const runsOf = (kind: Kind): ChildKind => ({ kind, ended: endOfRun });
export const registrationsOf = (kind: Kind): ChildKind => ({ kind, ended: endOfRegistration });

/** Selects the children that are ours, whatever else of their kind there is. */
export const childSelector = labels.functionUid;

/** What Tekton is told to stop a run. */
const stopping = /^(?:Cancelled|StoppedRunFinally|CancelledRunFinally)$/;

/** The projection of the children's informers. */
export function viewChild({ ended }: ChildKind, object: KubeObject): ChildView {
  const { name, namespace = '', uid = '', labels: own = {}, annotations = {}, creationTimestamp } = object.metadata;
  const { state, status } = record(object['spec']);
  return {
    namespace,
    name,
    uid,
    functionUid: own[labels.functionUid] ?? '',
    function: own[labels.function] ?? '',
    builder: own[labels.builder] ?? name,
    share: annotations[shareAnnotation],
    sequence: Number(own[labels.sequence] ?? 0),
    ended: ended(record(object['status'])),
    cancelled: (typeof state === 'string' && state !== '') || (typeof status === 'string' && stopping.test(status)),
    createdAt: Date.parse(creationTimestamp ?? '') || 0,
  };
}

/** Whether a change of a child is one that its Function's reconcile looks at. */
export function matters(child: ChildView, previous: ChildView | undefined): boolean {
  return previous === undefined || previous.ended !== child.ended || previous.cancelled !== child.cancelled;
}

function endOfBuilder(status: Status): ChildView['ended'] {
  const { state } = status;
  if (state === 'Succeeded') return 'succeeded';
  return state === 'Failed' || state === 'Timeout' || state === 'Canceled' ? 'failed' : undefined;
}

function endOfRun(status: Status): ChildView['ended'] {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  const succeeded = record(conditions.find(condition => record(condition)['type'] === 'Succeeded'))['status'];
  if (succeeded === 'True') return 'succeeded';
  return succeeded === 'False' ? 'failed' : undefined;
}

function endOfRegistration({ registered }: Status): ChildView['ended'] {
  return registered === 'False' ? 'failed' : undefined;
}

function record(value: unknown): Status {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
