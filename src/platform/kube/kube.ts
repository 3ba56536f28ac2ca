// The kube port: what the stages may ask of a Kubernetes API server. One implementation over @kubernetes/client-node.
import { RetryableError } from '../errors.ts';

/** A kind of object, as far as its address needs. */
export interface Kind {
  /** `v1` or `group/version`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** True for kinds without namespace. */
  readonly cluster?: boolean;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** Any object on the wire. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** The address of one object; `namespace` is absent for kinds without one. */
export interface Ref {
  readonly kind: Kind;
  readonly namespace?: string;
  readonly name: string;
}

/** What came back from the API server. */
export interface KubeAnswer {
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The API's own reason word: NotFound, AlreadyExists, Conflict, Invalid, Expired, Forbidden, Timeout, ...; ours where no answer
   * came: Unreachable, Timeout, Aborted, AnswerTooLarge, BadAnswer, CredentialFailed. */
  readonly reason: string;
}

/** The API server refused or could not be asked. `status` is 0 when no answer came. Retryable unless the caller knows better. */
export class KubeError extends RetryableError {
  override readonly name = 'KubeError';
  readonly status: number;

  constructor(
    answer: KubeAnswer,
    message: string,
    details: { readonly cause?: unknown; readonly retryAt?: number | undefined } = {},
  ) {
    super(answer.reason, message, details);
    this.status = answer.status;
  }
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
}

/** What a reflector tells: the object now, or that it is gone (with its last known state). Handlers must not throw; they only note keys. */
export interface ReflectorEvents<T> {
  readonly changed: (object: T, previous: T | undefined) => void;
  readonly gone: (last: T) => void;
}

export interface ReflectorOptions<T> extends ListOptions, ReflectorEvents<T> {
  readonly kind: Kind;
  /** Cuts an object to what is kept in memory; managedFields and last-applied are always dropped first. */
  readonly project: (object: KubeObject) => T;
}

/** A cache kept current by list and watch. A list that fails half way is never taken for deletion; every error is retried. */
export interface Reflector<T> extends AsyncDisposable {
  /** Resolves after the first complete list. */
  readonly synced: Promise<void>;
  get(namespace: string, name: string): T | undefined;
  values(): IterableIterator<T>;
  readonly size: number;
  /** Milliseconds since the epoch of the last proof that the watch lives (event, bookmark, list); for health. */
  readonly lastAliveAt: number;
}

export interface DeleteOptions {
  /** Deletes only the object with this UID; otherwise KubeError Conflict. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

export interface PatchOptions {
  readonly subresource?: 'status';
  /** The version that the patch was decided on; another one there: KubeError Conflict. */
  readonly resourceVersion?: string;
}

/** Access to one API server. Every method throws KubeError for refusals and dead connections; none retries by itself. */
export interface Kube extends AsyncDisposable {
  /** A live read (never from a cache); undefined when the object does not exist. */
  get<T extends KubeObject>(ref: Ref, signal?: AbortSignal): Promise<T | undefined>;
  /** All pages; throws when any page fails. */
  list<T extends KubeObject>(kind: Kind, options?: ListOptions): Promise<readonly T[]>;
  /** POST; KubeError AlreadyExists (409) when the name is taken. Field manager `revflow`. */
  create<T extends KubeObject>(kind: Kind, object: KubeObject): Promise<T>;
  /** Server-side apply as our field manager, never forced: KubeError Conflict when another manager owns a field. */
  apply<T extends KubeObject>(kind: Kind, object: KubeObject): Promise<T>;
  /** JSON merge patch. */
  patch<T extends KubeObject>(ref: Ref, body: object, options?: PatchOptions): Promise<T>;
  /** False when it was already gone. */
  remove(ref: Ref, options?: DeleteOptions): Promise<boolean>;
  reflect<T>(options: ReflectorOptions<T>): Reflector<T>;
  /** Whether the API server serves this kind (discovery, cached for a minute). */
  serves(kind: Kind): Promise<boolean>;
  /** Host and port of the server, for the egress policy. */
  readonly address: string;
}
