// What the provider contract needs to know of a provider: how to ask it, and how to move the other side.
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { createHttp } from '../../src/platform/http/client.ts';
import { egressPolicy } from '../../src/platform/http/egress.ts';
import type { Http } from '../../src/platform/http/http.ts';
import type { Log } from '../../src/platform/log.ts';
import type { Head } from '../../src/revision/observation.ts';
import type {
  Answer,
  Credential,
  FoundPaths,
  Memory,
  Ports,
  Provider,
  Question,
  WantedPaths,
} from '../../src/revision/provider.ts';
import type { Source, Want } from '../../src/watch/source.ts';
import type { FaultProxy } from '../servers/fault-proxy.ts';
import type { GitRepository } from '../servers/git-repository.ts';

/** One repository on the other side. */
export interface Side {
  readonly source: Source;
  /** Points a branch (or image tag) at something new and gives its id. `orphan`: nothing that was there before leads to it. */
  push(branch: Want, options?: { readonly orphan?: boolean }): Promise<string>;
  remove(branch: Want): Promise<void>;
  /** Where the other side is a Git repository. */
  readonly git?: Pick<
    GitRepository,
    'branch' | 'tag' | 'annotatedTag' | 'deleteTag' | 'setDefaultBranch' | 'renameBranch' | 'resolve'
  >;
  /** Where it has folders. */
  readonly trees?: Pick<GitRepository, 'commit' | 'entry'>;
}

export interface ProviderHarness extends AsyncDisposable {
  readonly provider: Provider;
  /** A proxy on the way to public repositories; undefined for a provider that has no wire. */
  readonly wire: FaultProxy | undefined;
  /** What the wire answers when it answers nonsense: well-formed HTTP, the right type, and no answer. */
  readonly nonsense: { readonly headers: Record<string, string>; readonly body: string };
  /** Bytes that are more than the provider reads. Default 5 MiB. */
  readonly tooManyBytes?: number;
  /** A new repository. */
  side(options?: { readonly isPrivate?: boolean }): Promise<Side>;
  /** The one credential that private repositories take from now on. */
  allow(which: 'first' | 'second'): Promise<Credential>;
  /** What the other side was asked although no documentation has it. */
  violations(): readonly string[];
}

export interface SeenExchange {
  readonly method: string;
  readonly url: string;
  readonly status: number | string;
  readonly isConditional: boolean;
}

/** The ports of one case, the questions that it asks, and everything that was said. */
export class Trial implements AsyncDisposable {
  readonly harness: ProviderHarness;
  readonly exchanges: SeenExchange[] = [];
  /** Messages of errors and lines of logs. */
  readonly said: string[] = [];
  /** Milliseconds for one exchange. */
  timeoutMs = 5_000;
  private readonly edge = this.openEdge();
  private aheadMs = 0;
  private readonly observed = new Set<string>();
  private readonly kept = new Map<string, string>();
  private readonly memory: Memory = {
    get: async key => this.kept.get(key) || undefined,
    set: async (key, value) => void this.kept.set(key, value),
  };

  constructor(harness: ProviderHarness) {
    this.harness = harness;
  }

  /** A question about a source, anonymous unless it is told otherwise. */
  question(source: Source, wants: readonly Want[], more: Partial<Question> = {}): Question {
    const { credential } = more;
    return {
      source,
      wants,
      credential,
      credentialId: credential ? createHash('sha256').update(credential.password).digest('hex') : 'anonymous',
      signal: new AbortController().signal,
      ...more,
    };
  }

  /** Asks; errors are noted and thrown on. */
  async ask(
    side: Pick<Side, 'source'>,
    wants: readonly Want[],
    more: Partial<Question> = {},
  ): Promise<Answer['heads']> {
    const question = this.question(side.source, wants, more);
    return (await this.noting(this.harness.provider.observe(question, this.ports))).heads;
  }

  /** Asks for the ids of paths in a commit that is the head of `main`; errors are noted and thrown on. */
  async paths(side: Pick<Side, 'source'>, wanted: WantedPaths, more: Partial<Question> = {}): Promise<FoundPaths> {
    const { provider } = this.harness;
    if (provider.readPaths === undefined) throw new Error('this case needs a provider that knows of paths');
    // Paths are read of commits that were just observed.
    const source = JSON.stringify(side.source);
    if (!this.observed.has(source)) await this.ask(side, ['main'], more);
    this.observed.add(source);
    return this.noting(provider.readPaths(this.question(side.source, ['main'], more), wanted, this.ports));
  }

  /** Notes what an answer fails with. */
  async noting<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      for (let at = error; at instanceof Error; at = at.cause) this.said.push(`${at.name}: ${at.message}`);
      throw error;
    }
  }

  /** The id of a want that must be there. */
  async id(side: Pick<Side, 'source'>, want: Want, more: Partial<Question> = {}): Promise<string> {
    return idOf((await this.ask(side, [want], more))[want]);
  }

  /** Nothing secret was remembered or said. */
  expectNoSecret(secrets: readonly string[]): void {
    const everything = [...this.said, ...[...this.kept].flat(), ...this.exchanges.map(({ url }) => url)].join('\n');
    for (const secret of secrets) {
      expect(everything).not.toContain(secret);
      expect(everything).not.toContain(encodeURIComponent(secret));
      expect(everything).not.toContain(Buffer.from(secret).toString('base64'));
    }
  }

  /** Lets the provider think that so much time has passed. */
  skipAhead(ms: number): void {
    this.aheadMs += ms;
  }

  /** The other side was asked nothing that no documentation has. */
  expectDocumented(): void {
    expect(this.harness.violations()).toEqual([]);
  }

  /** Where exchanges are counted. */
  private readonly http: Http = {
    request: async (request, accept) => {
      const seen = { method: request.method, url: request.url };
      const isConditional = request.headers?.['if-none-match'] !== undefined;
      const withTimeout = { timeoutMs: this.timeoutMs, ...request };
      try {
        const response = await this.edge.request(withTimeout, accept);
        this.exchanges.push({ ...seen, status: response.status, isConditional });
        return response;
      } catch (error) {
        this.exchanges.push({ ...seen, status: 'failed', isConditional });
        throw error;
      }
    },
  };

  readonly ports: Ports = { http: this.http, memory: this.memory, now: () => systemClock.now() + this.aheadMs };

  private openEdge(): Http & AsyncDisposable {
    const say = (message: string, fields?: object) => void this.said.push(`${message} ${JSON.stringify(fields)}`);
    const log: Log = { error: say, warn: say, info: say, debug: say };
    return createHttp({
      clock: systemClock,
      log,
      userAgent: 'revflow-test',
      proxies: {},
      egress: egressPolicy({ allow: [], deny: [], loopback: true, refuse: [] }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.edge[Symbol.asyncDispose]();
  }
}

export function idOf(head: Head | undefined): string {
  expect(head).toMatchObject({ kind: 'found', id: expect.any(String) });
  return head?.kind === 'found' ? head.id : '';
}

/** The reason that a question fails for; it must fail. */
export async function reasonOf(asking: Promise<unknown>): Promise<string> {
  const error = await asking.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'RetryableError', reason: expect.any(String) });
  return typeof error === 'object' && error !== null && 'reason' in error ? String(error.reason) : '';
}

/** The earliest next try that a failure names; undefined where it names none. */
export async function retryAtOf(asking: Promise<unknown>): Promise<number | undefined> {
  const error: unknown = await asking.catch((thrown: unknown) => thrown);
  const at = typeof error === 'object' && error !== null && 'retryAt' in error ? error.retryAt : undefined;
  return typeof at === 'number' ? at : undefined;
}
