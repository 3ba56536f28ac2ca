// What the API drivers of forges share: where the API is, which repository is meant, and one question for each ref.
import { RetryableError, TerminalError } from '../platform/errors.ts';
import type { GitSource, Want } from '../watch/source.ts';
import { type Head, ofWant } from './observation.ts';
import type { Answer, Question } from './provider.ts';
import { candidatesOf, isObjectId, kindOf } from './ref.ts';

export type FoundHead = Extract<Head, { kind: 'found' }>;

/** One ref, asked of an API. */
export interface RefQuestion {
  readonly kind: 'default' | 'branch' | 'tag';
  /** Short, such as `main`; of the default branch `HEAD`. */
  readonly name: string;
  /** What was seen of this very ref before; absent for a second opinion, which is asked unconditionally. */
  readonly previous?: FoundHead;
}

/**
 * Asks an API for each want, one ref after the other, until one exists. Refs that are neither branch nor tag are missing: APIs serve
 * those two. A failure ends it all, for partial data is never returned.
 */
export async function headsOf(question: Question, ask: (ref: RefQuestion) => Promise<Head>): Promise<Answer> {
  const heads: [Want, Head][] = [];
  for (const want of question.wants) heads.push([want, await headOf(question, want, ask)]);
  return { heads: Object.fromEntries(heads) };
}

async function headOf(question: Question, want: Want, ask: (ref: RefQuestion) => Promise<Head>): Promise<Head> {
  for (const candidate of candidatesOf(want)) {
    const { kind, name } = kindOf(candidate);
    if (kind === 'other') continue;
    const before = question.fresh === true ? undefined : ofWant(question.previous, want);
    const isSame = before?.kind === 'found' && (kind === 'default' || before.ref === candidate);
    const head = await ask({ kind, name, ...(isSame ? { previous: before } : {}) });
    if (head.kind === 'found') return kind === 'default' ? head : { ...head, ref: candidate };
  }
  return { kind: 'missing' };
}

/** The server of the API: `base-url`, or the host of the clone URL. Without trailing slash. */
export function serverOf(source: GitSource): string {
  return (source.baseUrl ?? new URL(source.url).origin).replace(/\/+$/, '');
}

/**
 * The repository's path on its forge, decoded: `owner/name`, `group/sub/name`. A `base-url` on the same host that has a path of its own
 * (a GitLab below a sub-path) is taken off. TerminalError BadUrl for a URL whose escapes cannot be read.
 */
export function repositoryPath(source: GitSource): string {
  const { origin, pathname } = new URL(source.url);
  const server = new URL(serverOf(source));
  const prefix = server.origin === origin ? `${server.pathname.replace(/\/+$/, '')}/` : '/';
  const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : pathname.slice(1);
  try {
    return decodeURIComponent(path);
  } catch {
    throw new TerminalError('BadUrl', `the path of ${source.url} has a percent sign that begins no escape`);
  }
}

/** Owner and name on a forge that knows no deeper groups; TerminalError BadUrl for any other path. */
export function ownerAndName(source: GitSource): { readonly owner: string; readonly name: string } {
  const [owner = '', name = '', ...rest] = repositoryPath(source).split('/');
  const isPlain = [owner, name].every(part => part !== '' && part !== '.' && part !== '..');
  if (isPlain && rest.length === 0) return { owner, name };
  throw new TerminalError('BadUrl', `${source.url} is no repository of this forge: its path must be OWNER/NAME`);
}

/** A head of an API's answer; RetryableError UnexpectedAnswer where the id is none. */
export function foundHead(id: unknown, headers: Readonly<Record<string, string>>, forge: string): FoundHead {
  if (typeof id !== 'string' || !isObjectId(id)) throw unexpected(forge, 'answered without a commit id');
  const validator = headers['etag'];
  return { kind: 'found', id, ...(validator === undefined ? {} : { validator }) };
}

/** What a 304 means: what was seen before. RetryableError UnexpectedAnswer when nothing was. */
export function unchangedHead(previous: FoundHead | undefined, forge: string): FoundHead {
  if (previous?.validator === undefined) throw unexpected(forge, 'says that nothing changed, and was not asked that');
  const { id, validator } = previous;
  return { kind: 'found', id, validator };
}

/** A field of a JSON object that may be anything. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    value,
  );
}

/** Parses JSON text; undefined for anything else. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** An answer that cannot be what was asked for. `what` says why and quotes nothing of it. */
export function unexpected(forge: string, what: string): RetryableError {
  return new RetryableError('UnexpectedAnswer', `the API of ${forge} ${what}`);
}
