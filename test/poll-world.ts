// A world for the detector, in memory: a host that answers as a test says, Secrets, a queue that notes its wakes.
import { type HttpReason, RetryableError } from '../src/platform/errors.ts';
import type { Http, HttpRequest } from '../src/platform/http/http.ts';
import { type Kube, KubeError, type KubeObject } from '../src/platform/kube/kube.ts';
import type { Log } from '../src/platform/log.ts';
import type { Handler } from '../src/platform/queue/queue.ts';
import { createMemoryState } from '../src/platform/state/memory.ts';
import type { State } from '../src/platform/state/state.ts';
import { type Credentials, createCredentials } from '../src/revision/credential.ts';
import { createDetector, readObservation } from '../src/revision/detect.ts';
import type { Head } from '../src/revision/observation.ts';
import type { FoundPaths, Question, WantedPaths } from '../src/revision/provider.ts';
import type { Providers } from '../src/revision/providers.ts';
import { SourceGraph } from '../src/watch/graph.ts';
import { type GitSource, type SourceSpec, stateKeys } from '../src/watch/source.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

const minute = 60_000;
/** The promise of sources that name none. */
export const interval = 30_000;
export const never = new AbortController().signal;

interface Wish {
  readonly url?: string;
  readonly secret?: string;
  readonly want?: string;
  readonly paths?: readonly string[];
  readonly intervalMs?: number;
  readonly forge?: GitSource['forge'];
}

/** One host, one state, one worker. */
export class PollWorld {
  readonly clock: ManualClock = createManualClock();
  readonly state: State = createMemoryState({ clock: this.clock });
  readonly questions: Question[] = [];
  readonly woken: string[] = [];
  readonly polls: string[] = [];
  readonly latencies: number[] = [];
  readonly logged: string[] = [];
  readonly secrets = new Map<string, string>();
  readonly graph = new SourceGraph();
  stateCalls: string[] = [];
  secretReads = 0;
  apiDown = false;
  /** Until then the host answers 429. */
  limitedUntil = 0;
  /** What the host makes of a question. */
  answer: (question: Question) => Record<string, Head> | Promise<Record<string, Head>> = () => ({ main: found('a') });
  /** Every question for ids of paths. */
  readonly reads: WantedPaths[] = [];
  /** What stands at the wanted paths. */
  paths: (wanted: WantedPaths) => FoundPaths | Promise<FoundPaths> = () => new Map();
  readonly credentials: Credentials;
  readonly handle: Handler;

  /** `sides`: a real edge and real providers, in place of those that answer as `answer` says. */
  constructor(sides?: { readonly http: Http; readonly providers: Pick<Providers, 'observeSource' | 'readPaths'> }) {
    const kube: Pick<Kube, 'get'> = {
      get: async <T extends KubeObject>({ namespace, name }: { namespace?: string; name: string }) => {
        this.secretReads += 1;
        if (this.apiDown) throw new KubeError({ status: 0, reason: 'Timeout' }, 'the API server is away');
        const password = this.secrets.get(`${namespace}/${name}`);
        if (password === undefined) return undefined;
        const data = { password: Buffer.from(password).toString('base64') };
        return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data } as KubeObject as T;
      },
    };
    const { clock } = this;
    this.credentials = createCredentials({ kube, clock, installKey: new Uint8Array(32), requireHosts: false });
    const counted: State = new Proxy(this.state, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          this.stateCalls.push(String(name));
          return Reflect.apply(value, target, args);
        };
      },
    });
    this.handle = createDetector({
      state: counted,
      clock,
      credentials: this.credentials,
      minIntervalMs: 1000,
      queue: { wake: async (queue, key) => void this.woken.push(`${queue} ${key}`) },
      http: {
        request: async ({ url }: HttpRequest) => {
          const { limitedUntil } = this;
          if (limitedUntil > clock.now()) failing('RateLimited', limitedUntil);
          return { status: 200, headers: {}, body: new Uint8Array(), url };
        },
      },
      log: this.log(),
      metrics: {
        count: (name, ...[labels]) => void this.polls.push(name === 'revflow_polls_total' ? resultOf(labels) : name),
        gauge: () => {},
        observe: (_, __, seconds) => void this.latencies.push(seconds),
      },
      providers: {
        observeSource: async (question, { http }: { http: Http }) => {
          await http.request({ method: 'GET', url: 'https://git.example/o/r' });
          this.questions.push(question);
          return { heads: await this.answer(question), driver: 'git' };
        },
        readPaths: async (_, wanted) => {
          this.reads.push(wanted);
          return this.paths(wanted);
        },
      },
      ...sides,
    });
  }

  /** Lets a Function in namespace `ns` watch a repository, and the workers know. */
  async watch({
    url = 'https://git.example/o/r',
    secret = '',
    want = 'main',
    paths,
    intervalMs = interval,
    forge = 'git',
  }: Wish = {}): Promise<string> {
    const source: GitSource = { kind: 'git', forge, url };
    const ref = secret === '' ? undefined : { namespace: 'ns', name: secret };
    const { credentialId } = await this.credentials.resolve(ref, source);
    const narrow = paths === undefined ? {} : { paths };
    const watch = { type: 'source', source, want, ...narrow, secret: ref?.name, intervalMs, warnings: [] } as const;
    this.graph.subscribe(`ns/${url} ${want}`, { watch, namespace: 'ns', credentialId });
    const key = this.graph.sourceOf(`ns/${url} ${want}`) ?? '';
    await this.hand(this.graph.spec(key));
    this.stateCalls = [];
    return key;
  }

  async hand(spec: SourceSpec | undefined): Promise<void> {
    if (spec) await this.state.set(stateKeys.spec(spec.key), JSON.stringify(spec), 24 * 60 * minute);
  }

  /** Handles a key now, and moves the clock to the time that it returns. */
  async poll(key: string): Promise<number> {
    const next = await this.handle(key, never);
    if (next === undefined) throw new Error('the source is not watched');
    const waited = next - this.clock.now();
    this.clock.advance(Math.max(waited, 0));
    return waited;
  }

  seen(key: string) {
    return readObservation(this.state, key);
  }

  private log(): Log {
    const note = (message: string, fields?: object) => void this.logged.push(`${message} ${JSON.stringify(fields)}`);
    return { error: note, warn: note, info: note, debug: note };
  }
}

/** A ref or tag that points at this id. */
export function found(id: string): Head {
  return { kind: 'found', id };
}

function resultOf(labels: unknown): string {
  return typeof labels === 'object' && labels !== null ? String(Reflect.get(labels, 'result')) : '';
}

/** What the HTTP edge throws. */
export function failing(reason: HttpReason, retryAt?: number): never {
  throw new RetryableError(reason, `the host says ${reason}`, { retryAt });
}
