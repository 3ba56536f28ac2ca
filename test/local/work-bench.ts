// What a test of a local run needs: a Git server, registries, Secrets, a directory, and the worker.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach } from 'vitest';
import { type EmbeddedRegistry, startRegistry } from '../../src/local/registry/server.ts';
import { noInputs } from '../../src/local/runner/inputs.ts';
import { openRunLog } from '../../src/local/runner/run-log.ts';
import type { RunSource } from '../../src/local/runner/run-status.ts';
import { Worker, type WorkOrder, type WorkResult } from '../../src/local/runner/work.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createHttp } from '../../src/platform/http/client.ts';
import { egressPolicy } from '../../src/platform/http/egress.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import type { Credential } from '../../src/revision/provider.ts';
import { silentLog } from '../servers/api-server.ts';
import { gitEnvironment } from '../servers/git-repository.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { ask } from '../servers/push-image.ts';

export interface Bench {
  /** The test's own. */
  readonly directory: string;
  readonly git: GitServer;
  /** By the name of the Secret. */
  credentials: Readonly<Record<string, Credential>>;
  /** Closed after the test. */
  readonly stack: AsyncDisposableStack;
  registry(): Promise<EmbeddedRegistry>;
  perform(parts: Parts): Promise<Performed>;
}

/** A run: its source and image, and what else of the order is not as usual. */
interface Parts extends Partial<WorkOrder> {
  readonly source: object;
  readonly image: string;
  readonly output?: object;
  readonly strategy?: object;
  /** The PATH on which git is looked for. */
  readonly path?: string;
}

interface Performed extends WorkResult {
  readonly told: readonly RunSource[];
  readonly log: readonly string[];
}

const usualPath = process.env['PATH'] ?? '/usr/bin:/bin';

/** A bench that is new for each test of the file. */
export function workBench(): Bench {
  let directory = '';
  let stack: AsyncDisposableStack;
  let git: GitServer;
  let runs = 0;

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    directory = await mkdtemp(join(tmpdir(), 'revflow-work-'));
    git = stack.use(await startGitServer());
    bench.credentials = {};
  });
  afterEach(async () => {
    await stack.disposeAsync();
    await rm(directory, { recursive: true, force: true });
  });

  function worker(programPath: string): Worker {
    const egress = egressPolicy({ allow: [], deny: [], loopback: true, refuse: [] });
    const http = stack.use(createHttp({ clock: systemClock, log: silentLog, userAgent: 'test', proxies: {}, egress }));
    const resolve = async (secret: { readonly name: string } | undefined) => {
      const credential = secret && bench.credentials[secret.name];
      return { credential, credentialId: secret?.name ?? 'anonymous', warnings: [] };
    };
    const memory = stack.use(createMemoryState({ clock: systemClock }));
    return new Worker({ http, egress, memory, credentials: { resolve }, clock: systemClock, programPath });
  }

  const bench: Bench = {
    get directory() {
      return directory;
    },
    get git() {
      return git;
    },
    get stack() {
      return stack;
    },
    credentials: {},
    registry: async () => stack.use(await startRegistry({ dir: join(directory, 'registry'), log: silentLog })),
    async perform({ source, image, output = {}, strategy = { name: 'buildpacks' }, path = usualPath, ...rest }) {
      runs += 1;
      const own = join(directory, `run-${runs}`);
      await mkdir(own);
      const log = openRunLog(join(directory, 'logs', `${runs}.log`), systemClock);
      const told: RunSource[] = [];
      const usual = {
        spec: { source, strategy, output: { image, ...output } },
        namespace: 'default',
        known: undefined,
        inputs: noInputs,
        directory: own,
        signal: AbortSignal.timeout(20_000),
        log,
        fetched: async (one: RunSource) => void told.push(one),
      };
      const result = await worker(path).perform({ ...usual, ...rest } as WorkOrder);
      return { ...result, told, log: log.tail(50) };
    },
  };
  return bench;
}

/** A Build's source. */
export function gitSource(url: string, more: object = {}, contextDir?: string): object {
  return { type: 'Git', git: { url, ...more }, ...(contextDir === undefined ? {} : { contextDir }) };
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly annotations: Readonly<Record<string, string>>;
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

/** What an open registry has under a tag. */
export async function pulled(url: string, repository: string, tag: string) {
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
  const answer = await ask({ url }, `/v2/${repository}/manifests/${tag}`, { headers });
  return { digest: answer.headers['docker-content-digest'], manifest: JSON.parse(answer.body.toString()) as Manifest };
}

/** A commit with a symbolic link, made by git itself. */
export async function commitLink(bare: string, name: string, target: string): Promise<void> {
  const running = promisify(execFile)('git', ['-C', bare, 'fast-import', '--quiet', '--force'], {
    env: gitEnvironment,
  });
  const lines = ['commit refs/heads/main', 'committer T <t@t> 1767225700 +0000', 'data 4', 'link'];
  running.child.stdin?.end([...lines, `M 120000 inline ${name}`, `data ${target.length}`, target, ''].join('\n'));
  await running;
}
