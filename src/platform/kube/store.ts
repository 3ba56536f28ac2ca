// What a reflector holds: the projected objects, and which of them changed or went.
import type { Log } from '../log.ts';
import type { KubeObject, ObjectMeta, ReflectorOptions } from './kube.ts';

/** An object as a watch told it. */
export interface Told {
  readonly type: 'put' | 'removed';
  readonly object: KubeObject;
}

/** A list under way: nothing of it counts before `commit`. */
export interface Listing {
  add(object: KubeObject): void;
  /** The list is whole: what it lacks is gone. */
  commit(): void;
}

interface Entry<T> {
  readonly value: T;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/** The objects of one reflector; tells its handlers what changed, and outlives what they throw. */
export class Store<T> {
  private entries = new Map<string, Entry<T>>();
  private readonly options: ReflectorOptions<T>;
  private readonly log: Log;

  constructor(options: ReflectorOptions<T>, log: Log) {
    this.options = options;
    this.log = log;
  }

  get size(): number {
    return this.entries.size;
  }

  get(namespace: string, name: string): T | undefined {
    return this.entries.get(`${namespace}/${name}`)?.value;
  }

  *values(): IterableIterator<T> {
    for (const entry of this.entries.values()) yield entry.value;
  }

  begin(): Listing {
    const listed = new Map<string, Entry<T>>();
    return {
      add: object => {
        const key = keyOf(object);
        const known = this.entries.get(key);
        const entry = known && isAt(known, object) ? known : this.entryOf(object);
        if (entry) listed.set(key, entry);
      },
      commit: () => {
        const former = this.entries;
        this.entries = listed;
        for (const [key, entry] of former) if (!listed.has(key)) this.tell(entry, undefined);
        for (const [key, entry] of listed) this.tell(former.get(key), entry);
      },
    };
  }

  /** Takes one event of a watch. */
  take({ type, object }: Told): void {
    const key = keyOf(object);
    const previous = this.entries.get(key);
    if (type === 'removed') {
      // The end of a former object of this name says nothing about the one that is here now.
      if (previous?.uid !== object.metadata.uid) return;
      this.entries.delete(key);
      this.tell(previous, undefined);
      return;
    }
    const entry = this.entryOf(object);
    if (entry) this.entries.set(key, entry);
    else this.entries.delete(key);
    this.tell(previous, entry);
  }

  private entryOf(object: KubeObject): Entry<T> | undefined {
    const projected = this.guard('project', () => ({ value: this.options.project(stripped(object)) }));
    const { uid, resourceVersion } = object.metadata;
    return projected && { value: projected.value, uid, resourceVersion };
  }

  private tell(previous: Entry<T> | undefined, entry: Entry<T> | undefined): void {
    if (previous && entry && previous.uid === entry.uid) {
      if (previous.resourceVersion === entry.resourceVersion) return;
      this.guard('changed', () => this.options.changed(entry.value, previous.value));
      return;
    }
    if (previous) this.guard('gone', () => this.options.gone(previous.value));
    if (entry) this.guard('changed', () => this.options.changed(entry.value, undefined));
  }

  /** Handlers and projections are not ours: what they throw is their bug, and must not end the watch. */
  private guard<R>(handler: string, action: () => R): R | undefined {
    try {
      return action();
    } catch (error) {
      this.log.error('reflector handler threw', { plural: this.options.kind.plural, handler, error });
      return undefined;
    }
  }
}

function isAt(entry: Entry<unknown>, { metadata }: KubeObject): boolean {
  return entry.uid === metadata.uid && entry.resourceVersion === metadata.resourceVersion;
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Without the two parts of metadata that are large and that nobody here reads. */
function stripped(object: KubeObject): KubeObject {
  const metadata: ObjectMeta & { managedFields?: unknown } = { ...object.metadata };
  delete metadata.managedFields;
  if (!metadata.annotations?.[lastApplied]) return { ...object, metadata };
  const annotations = Object.fromEntries(Object.entries(metadata.annotations).filter(([name]) => name !== lastApplied));
  return { ...object, metadata: { ...metadata, annotations } };
}
