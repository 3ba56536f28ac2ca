// What tests of the local runner need: an API server, a Git server, a registry, and runners that end with the test.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { foreignDefinitions } from '../../src/local/crd/foreign.ts';
import { type EmbeddedRegistry, startRegistry } from '../../src/local/registry/server.ts';
import { startRunner } from '../../src/local/runner/runner.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createHttp } from '../../src/platform/http/client.ts';
import { egressPolicy } from '../../src/platform/http/egress.ts';
import type { Kind, KubeObject } from '../../src/platform/kube/kube.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import { silentLog, startTestCluster, type TestCluster } from '../servers/api-server.ts';
import { type ForgeRequest, type GitServer, startGitServer } from '../servers/git-server.ts';

export interface RunnerBench {
  readonly cluster: TestCluster;
  readonly registry: EmbeddedRegistry;
  readonly git: GitServer;
  /** The test's own. */
  readonly namespace: string;
  readonly directory: string;
  /** Starts a runner that is stopped after the test; `path` is where it looks for programs, `concurrency` how many runs go at a time. */
  start(options?: { readonly path?: string; readonly concurrency?: number }): Promise<AsyncDisposable>;
  /** From now on fetches of packs hang; resolves when one does. */
  hang(): Promise<unknown>;
  /** No fetch hangs from now on; those that do go on hanging. */
  unhang(): void;
  /** Waits until an object's status has what `read` looks for. */
  until<T>(kind: Kind, name: string, read: (status: Record<string, unknown>) => T | undefined): Promise<T>;
}

const usualPath = process.env['PATH'] ?? '/usr/bin:/bin';

/** A bench of one file of tests, with a namespace for each test. */
export function runnerBench(): RunnerBench {
  let cluster: TestCluster;
  let registry: EmbeddedRegistry;
  let git: GitServer;
  let before: (request: ForgeRequest) => Promise<undefined> = async () => undefined;
  let namespace = '';
  let directory = '';
  let runners: AsyncDisposable[] = [];

  beforeAll(async () => {
    cluster = await startTestCluster();
    await cluster.install(foreignDefinitions);
    directory = await mkdtemp(join(tmpdir(), 'revflow-runner-'));
    registry = await startRegistry({ dir: join(directory, 'registry'), log: silentLog });
    git = await startGitServer({ before: request => before(request) });
  });
  afterAll(async () => {
    await registry?.close();
    await git?.close();
    await cluster?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(async () => {
    before = async () => undefined;
    namespace = await cluster.namespace();
  });
  afterEach(async () => {
    for (const runner of runners) await runner[Symbol.asyncDispose]();
    runners = [];
  });

  return {
    get cluster() {
      return cluster;
    },
    get registry() {
      return registry;
    },
    get git() {
      return git;
    },
    get namespace() {
      return namespace;
    },
    get directory() {
      return directory;
    },
    async start({ path = usualPath, concurrency } = {}) {
      const egress = egressPolicy({ allow: [], deny: [], loopback: true, refuse: [] });
      const { kube } = cluster;
      const runner = await startRunner({
        kube,
        log: silentLog,
        clock: systemClock,
        egress,
        http: createHttp({ clock: systemClock, log: silentLog, userAgent: 'test', proxies: {}, egress }),
        memory: createMemoryState({ clock: systemClock }),
        credentials: createCredentials({
          kube,
          installKey: new Uint8Array(32),
          clock: systemClock,
          requireHosts: false,
        }),
        programPath: path,
        scratchDirectory: join(directory, 'scratch'),
        logsDirectory: join(directory, 'logs'),
        ...(concurrency === undefined ? {} : { concurrency }),
      });
      runners.push(runner);
      return runner;
    },
    hang() {
      const hanging = Promise.withResolvers<void>();
      before = ({ method }) => {
        if (method !== 'POST') return Promise.resolve(undefined);
        hanging.resolve();
        return new Promise(() => {});
      };
      return hanging.promise;
    },
    unhang() {
      before = async () => undefined;
    },
    async until(kind, name, read) {
      for (;;) {
        const found: KubeObject | undefined = await cluster.kube.get({ kind, namespace, name });
        const value = read((found?.['status'] ?? {}) as Record<string, unknown>);
        if (value !== undefined) return value;
        await systemClock.sleep(20);
      }
    },
  };
}
