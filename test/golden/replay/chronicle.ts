// Every state that builds go through, in order: of Functions and Builders, as the API server tells it to whoever watches.
import { kinds } from '../../../src/function/kinds.ts';
import type { Kube, KubeObject, Reflector } from '../../../src/platform/kube/kube.ts';
import { eventually } from '../../eventually.ts';
import type { GoldenCase } from '../cases.ts';
import type { Difference } from '../differences.ts';
import { fieldOf, isPlain } from './field.ts';
import type { Tokens } from './tokens.ts';

interface Seen {
  readonly key: string;
  readonly version: string;
  /** State and Builder of a Function's build, state of a Builder; empty before the first. */
  readonly word: string;
}

export class Chronicle implements AsyncDisposable {
  readonly #words = new Map<string, string[]>();
  readonly #versions = new Map<string, string>();
  readonly #reflectors: readonly Reflector<Seen>[];

  constructor(kube: Kube, namespace: string) {
    this.#reflectors = [kinds.function, kinds.builder].map(kind =>
      kube.reflect<Seen>({
        kind,
        namespace,
        project: seen,
        changed: view => this.#note(view),
        gone: view => this.#note({ ...view, version: 'deleted', word: 'deleted' }),
      }),
    );
  }

  /** From here on nothing is missed. */
  get synced(): Promise<void> {
    return Promise.all(this.#reflectors.map(reflector => reflector.synced)).then(() => {});
  }

  /** The words of each object, when all of these are known, repetitions left out. */
  async until(objects: readonly KubeObject[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const last = objects.map(seen);
    await eventually(
      'the watch tells what was written last',
      () =>
        [...this.#versions].every(
          ([key, version]) => version === (last.find(each => each.key === key)?.version ?? 'deleted'),
        ) && last.every(({ key }) => this.#versions.has(key)),
    );
    return this.#words;
  }

  #note({ key, version, word }: Seen): void {
    this.#versions.set(key, version);
    const words = this.#words.get(key) ?? [];
    if (words.at(-1) !== word) words.push(word);
    this.#words.set(key, words);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#reflectors.map(reflector => reflector[Symbol.asyncDispose]()));
  }
}

function seen(object: KubeObject): Seen {
  const { kind, metadata } = object;
  const word = wordOf(kind, object['status']);
  return { key: `${kind}/${metadata.name}`, version: metadata.resourceVersion ?? '', word };
}

function wordOf(kind: string, status: unknown): string {
  const stage = kind === 'Function' ? fieldOf(status, ['build']) : status;
  if (!isPlain(stage)) return typeof status === 'string' ? status : '';
  const { state = '', resourceRef } = stage;
  return kind === 'Function' && typeof resourceRef === 'string' ? `${String(state)} ${resourceRef}` : String(state);
}

/** The states that only one side went through, and where the order is another. Nothing is said of a recording without histories. */
export function compareHistories(
  { history }: GoldenCase,
  ours: ReadonlyMap<string, readonly string[]>,
  tokens: Tokens,
): readonly Difference[] {
  const recorded = Object.entries(history).filter(([key]) => /^(?:Function|Builder)\//.test(key));
  if (recorded.length === 0) return [];
  const theirs = new Map(recorded.map(([key, statuses]) => [key, wordsOf(key, statuses)]));
  const named = new Map(
    [...ours].map(([key, words]) => [tokens.text(key), spoken(words.map(word => tokens.text(word)))]),
  );
  const objects = [...new Set([...theirs.keys(), ...named.keys()])].toSorted();
  return objects.flatMap(object => compareWords(object, theirs.get(object) ?? [], named.get(object) ?? []));
}

function compareWords(object: string, theirs: readonly string[], ours: readonly string[]): readonly Difference[] {
  const told = (words: readonly string[], word: string) => (words.includes(word) ? 'told' : undefined);
  const single = [...new Set([...theirs, ...ours])].filter(word => theirs.includes(word) !== ours.includes(word));
  const differences = single.map(word => {
    return { at: 'history', object, field: word, theirs: told(theirs, word), ours: told(ours, word) };
  });
  const common = [theirs, ours].map(words => words.filter(word => !single.includes(word)).join(', '));
  if (common[0] === common[1]) return differences;
  return [...differences, { at: 'history', object, field: 'order', theirs: common[0], ours: common[1] }];
}

function wordsOf(key: string, statuses: readonly unknown[]): readonly string[] {
  const words = statuses.map(status => wordOf(key.split('/')[0] ?? '', status));
  return spoken(words.filter((word, at) => word !== words[at - 1]));
}

/** An empty state is the first one, or one that was taken away. */
function spoken(words: readonly string[]): readonly string[] {
  return words.map((word, at) => word || (at === 0 ? 'new' : 'cleared'));
}
