// A provider without a wire, for tests of what stands above providers. It passes the provider contract as far as that needs no wire.
import { randomBytes } from 'node:crypto';
import { RetryableError } from '../../src/platform/errors.ts';
import type { Head } from '../../src/revision/observation.ts';
import type { Provider, Question } from '../../src/revision/provider.ts';
import { candidatesOf, kindOf } from '../../src/revision/ref.ts';
import type { Source, Want } from '../../src/watch/source.ts';
import type { ProviderHarness, Side } from './provider-harness.ts';

/** A repository of Git refs or of image tags. */
export interface MemoryRepository {
  /** Full ref names (`refs/heads/main`, `refs/tags/v1`) to ids. Image tags are branches here. */
  readonly refs: Map<string, string>;
  /** Short name of the default branch. */
  defaultBranch: string;
  /** The password that is needed; undefined: none. */
  password: string | undefined;
  /** Thrown instead of an answer, until it is undefined again. */
  failure: Error | undefined;
  /** Points a branch or image tag at a new id, or at this one. */
  push(branch: Want, id?: string): string;
}

export interface MemoryForge {
  readonly provider: Provider;
  /** Every question so far. */
  readonly questions: readonly Question[];
  /** The repository of this source, made when it is not there. */
  repository(source: Source): MemoryRepository;
  has(source: Source): boolean;
}

export function createMemoryForge(): MemoryForge {
  const repositories = new Map<string, MemoryRepository>();
  const questions: Question[] = [];
  return {
    questions,
    provider: {
      driver: 'memory',
      conditional: false,
      async observe(question) {
        questions.push(question);
        const repository = repositories.get(nameOf(question.source));
        if (repository?.failure) throw repository.failure;
        if (!repository) throw new RetryableError('NotFound', 'there is no such repository');
        if (repository.password !== undefined && repository.password !== question.credential?.password) {
          throw new RetryableError('Unauthorized', 'the repository wants another credential');
        }
        return { heads: Object.fromEntries(question.wants.map(want => [want, headIn(repository, want)])) };
      },
    },
    repository(source) {
      const found = repositories.get(nameOf(source));
      if (found) return found;
      const made = createRepository(source.kind);
      repositories.set(nameOf(source), made);
      return made;
    },
    has: source => repositories.has(nameOf(source)),
  };
}

function createRepository(kind: Source['kind']): MemoryRepository {
  const refs = new Map<string, string>();
  return {
    refs,
    defaultBranch: 'main',
    password: undefined,
    failure: undefined,
    push(branch, id = kind === 'git' ? newCommit() : `sha256:${randomBytes(32).toString('hex')}`) {
      refs.set(`refs/heads/${branch}`, id);
      return id;
    },
  };
}

function newCommit(): string {
  return randomBytes(20).toString('hex');
}

function nameOf(source: Source): string {
  return source.kind === 'git' ? source.url : `${source.registry}/${source.repository}`;
}

function headIn(repository: MemoryRepository, want: Want): Head {
  for (const candidate of candidatesOf(want)) {
    const ref = kindOf(candidate).kind === 'default' ? `refs/heads/${repository.defaultBranch}` : candidate;
    const id = repository.refs.get(ref);
    if (id !== undefined) return { kind: 'found', id, ref };
  }
  return { kind: 'missing' };
}

const passwords = { first: 'first-secret-1f0c', second: 'second-secret-9ae2' } as const;

/** The contract's view of a memory forge. */
export async function memoryHarness(): Promise<ProviderHarness> {
  const forge = createMemoryForge();
  const locked: MemoryRepository[] = [];
  let made = 0;
  return {
    provider: forge.provider,
    wire: undefined,
    nonsense: { headers: {}, body: '' },
    async side({ isPrivate = false } = {}) {
      made += 1;
      const source: Source = { kind: 'git', forge: 'git', url: `https://git.invalid/owner/r${made}` };
      const repository = forge.repository(source);
      if (isPrivate) locked.push(repository);
      return sideOf(source, repository);
    },
    async allow(which) {
      for (const repository of locked) repository.password = passwords[which];
      return { password: passwords[which] };
    },
    violations: () => [],
    async [Symbol.asyncDispose]() {},
  };
}

function sideOf(source: Source, repository: MemoryRepository): Side {
  const { refs } = repository;
  const idAt = (at: string) => refs.get(at) ?? at;
  return {
    source,
    push: async branch => repository.push(branch),
    remove: async branch => void refs.delete(`refs/heads/${branch}`),
    git: {
      branch: async (name, at) => void refs.set(`refs/heads/${name}`, idAt(at)),
      tag: async (name, at) => void refs.set(`refs/tags/${name}`, idAt(at)),
      async annotatedTag(name, at) {
        // Tags are kept peeled; nobody sees the tag object.
        refs.set(`refs/tags/${name}`, idAt(at));
        return newCommit();
      },
      deleteTag: async name => void refs.delete(`refs/tags/${name}`),
      async setDefaultBranch(name) {
        repository.defaultBranch = name;
      },
      async renameBranch(from, to) {
        refs.set(`refs/heads/${to}`, idAt(`refs/heads/${from}`));
        refs.delete(`refs/heads/${from}`);
        if (repository.defaultBranch === from) repository.defaultBranch = to;
      },
      resolve: async ref => refs.get(ref),
    },
  };
}
