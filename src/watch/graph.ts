// Folds the watches of all Functions into distinct sources: what many Functions look at is asked once.
import { canonicalJson, sha256 } from '../function/hash.ts';
import { CountedSet } from './counted-set.ts';
import type { Watch } from './plan.ts';
import type { SecretRef, Source, SourceSpec, Want } from './source.ts';
import { sourceHost } from './source.ts';

/** The credential's identity where there is none. */
export const anonymous = 'anonymous';

/** One Function's part in a source. */
export interface Subscription {
  readonly watch: Watch;
  /** The Function's namespace. */
  readonly namespace: string;
  /** HMAC of the credential's value; `anonymous` without one. */
  readonly credentialId: string;
}

/** What one call did to the graph. All absent: nothing that a worker would notice. */
export interface GraphChange {
  /** A source that nobody watched before. */
  readonly added?: SourceSpec;
  /** The source that the Function watches now (or has just left), with other wants, Secrets, interval or namespaces than before. */
  readonly changed?: SourceSpec;
  /** Key of the source whose last Function has gone. */
  readonly removed?: string;
  /** The source that the Function left for another one, where others still watch it and something of it changed. */
  readonly left?: SourceSpec;
}

/** Enough for one to be usable while another is being rotated. */
const mostSecrets = 4;
/** Enough for a fair share of the budget. */
const mostNamespaces = 16;

/** Key of the budget and of the breaker that a source stands under: host and credential. The first part of the source's own key. */
export function gateOf(host: string, credentialId: string): string {
  return sha256(`${host} ${credentialId}`).slice(0, 16);
}

/** The gate of the source with this key. */
export function gateOfKey(sourceKey: string): string {
  return sourceKey.slice(0, sourceKey.indexOf('-'));
}

/** Names a source together with the credential it is asked with: letters, digits and one dash. A Git source's wants are no part of it. */
export function sourceKey(source: Source, credentialId: string): string {
  const identity = sha256(canonicalJson({ source, credentialId })).slice(0, 24);
  return `${gateOf(sourceHost(source), credentialId)}-${identity}`;
}

export interface SourceGraphOptions {
  /** The operator's floor of all polling intervals, milliseconds. Absent: none. */
  readonly minIntervalMs?: number;
}

/** All sources and who watches them. In memory; a change costs the logarithm of the source's subscribers. */
export class SourceGraph {
  private readonly nodes = new Map<string, Node>();
  private readonly sourceOfFunction = new Map<string, string>();
  private readonly minIntervalMs: number;

  constructor({ minIntervalMs = 0 }: SourceGraphOptions = {}) {
    this.minIntervalMs = minIntervalMs;
  }

  /** How many sources there are. */
  get size(): number {
    return this.nodes.size;
  }

  /** Lets a Function watch a source, and nothing else from now on. Saying it again changes nothing. */
  subscribe(functionKey: string, subscription: Subscription): GraphChange {
    const key = sourceKey(subscription.watch.source, subscription.credentialId);
    const former = this.sourceOfFunction.get(functionKey);
    const { removed, changed: left } = former === undefined || former === key ? {} : this.unsubscribe(functionKey);
    const known = this.nodes.get(key);
    const node = known ?? new Node(key, subscription, this.minIntervalMs);
    const before = known?.spec;
    node.put(functionKey, subscription);
    this.nodes.set(key, node);
    this.sourceOfFunction.set(functionKey, key);
    return {
      ...(known === undefined ? { added: node.spec } : {}),
      ...(before !== undefined && before !== node.spec ? { changed: node.spec } : {}),
      ...(removed === undefined ? {} : { removed }),
      ...(left === undefined ? {} : { left }),
    };
  }

  /** Lets a Function watch nothing; harmless when it does not. */
  unsubscribe(functionKey: string): GraphChange {
    const key = this.sourceOfFunction.get(functionKey);
    const node = key === undefined ? undefined : this.nodes.get(key);
    if (key === undefined || node === undefined) return {};
    const before = node.spec;
    node.drop(functionKey);
    this.sourceOfFunction.delete(functionKey);
    if (node.subscribers.size > 0) return before === node.spec ? {} : { changed: node.spec };
    this.nodes.delete(key);
    return { removed: key };
  }

  /** What the workers need to know of a source. The same object as long as nothing changed. */
  spec(key: string): SourceSpec | undefined {
    return this.nodes.get(key)?.spec;
  }

  /** Keys of the Functions that watch a source. */
  subscribers(key: string): readonly string[] {
    return [...(this.nodes.get(key)?.subscribers.keys() ?? [])];
  }

  /** Key of the source that a Function watches. */
  sourceOf(functionKey: string): string | undefined {
    return this.sourceOfFunction.get(functionKey);
  }

  keys(): Iterable<string> {
    return this.nodes.keys();
  }
}

/** One source with its subscribers, each part counted so that one subscriber's leaving needs no look at the others. */
class Node {
  readonly subscribers = new Map<string, Subscription>();
  private readonly fixed: Pick<SourceSpec, 'key' | 'source' | 'credentialId'>;
  private readonly minIntervalMs: number;
  private readonly wants = new CountedSet<string>(Number.POSITIVE_INFINITY, byText);
  private readonly paths = new Map<Want, CountedSet<string>>();
  private readonly namespaces = new CountedSet<string>(mostNamespaces, byText);
  private readonly secrets = new CountedSet<string>(mostSecrets, byText);
  private readonly intervals = new CountedSet<number>(1, (a, b) => a - b);
  private made: SourceSpec | undefined;

  constructor(key: string, { watch, credentialId }: Subscription, minIntervalMs: number) {
    this.fixed = { key, source: watch.source, credentialId };
    this.minIntervalMs = minIntervalMs;
  }

  /** Made when it is asked for, and kept until something that it shows changes. */
  get spec(): SourceSpec {
    this.made ??= {
      ...this.fixed,
      wants: this.wants.first,
      ...(this.paths.size === 0 ? {} : { paths: this.pathsOfWants }),
      secrets: this.secrets.first.map(readRef),
      intervalMs: Math.max(this.intervals.first[0] ?? 0, this.minIntervalMs),
      namespaces: this.namespaces.first,
    };
    return this.made;
  }

  private get pathsOfWants(): NonNullable<SourceSpec['paths']> {
    return Object.fromEntries([...this.paths].map(([want, paths]) => [want, paths.first]));
  }

  put(functionKey: string, subscription: Subscription): void {
    const former = this.subscribers.get(functionKey);
    this.subscribers.set(functionKey, subscription);
    // In before out, so that what stays is never seen to go.
    const changes = [this.count(subscription, 'add'), former !== undefined && this.count(former, 'remove')];
    if (changes.includes(true)) this.made = undefined;
  }

  drop(functionKey: string): void {
    const former = this.subscribers.get(functionKey);
    if (former === undefined) return;
    this.subscribers.delete(functionKey);
    if (this.count(former, 'remove')) this.made = undefined;
  }

  /** Returns whether anything that the spec shows changed. */
  private count({ watch, namespace }: Subscription, change: 'add' | 'remove'): boolean {
    const { secret, want, paths = [], intervalMs } = watch;
    const holdsSecret = secret !== undefined && this.fixed.credentialId !== anonymous;
    const changes = [
      this.wants[change](want),
      ...paths.map(path => this.countPath(want, path, change)),
      this.namespaces[change](namespace),
      this.intervals[change](intervalMs),
      holdsSecret && this.secrets[change](`${namespace}/${secret}`),
    ];
    return changes.includes(true);
  }

  private countPath(want: Want, path: string, change: 'add' | 'remove'): boolean {
    const paths = this.paths.get(want) ?? new CountedSet<string>(Number.POSITIVE_INFINITY, byText);
    this.paths.set(want, paths);
    const changes = paths[change](path);
    if (paths.size === 0) this.paths.delete(want);
    return changes;
  }
}

function readRef(text: string): SecretRef {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
