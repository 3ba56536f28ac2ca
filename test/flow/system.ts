// The whole system for flow tests: an API server, a Git server, builders that end by themselves, and control planes in this process or in
// processes of their own, which a test may kill.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { lintStatus } from '../../src/function/lint-status.ts';
import { type FunctionObject, parseFunction } from '../../src/function/schema.ts';
import { foreignDefinitions } from '../../src/local/crd/foreign.ts';
import type { Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { KubeError } from '../../src/platform/kube/kube.ts';
import { eventually } from '../eventually.ts';
import { startTestCluster, type TestCluster } from '../servers/api-server.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { type BuilderFarm, startBuilderFarm } from './builder-farm.ts';
import { type Account, asAccount, grantHome, isServiceAccount } from './service-account.ts';

const root = resolve(import.meta.dirname, '../..');
/** A start takes a second, or many where many start at once. */
const startMs = 90_000;
/** What Node made of the sources at an earlier start; a process that is killed adds nothing to it. */
export const compileCache = join(root, 'node_modules/.cache/revflow-test');

export interface PlaneOptions {
  /** Flags of `revflow run` besides those that the system sets. */
  readonly flags?: readonly string[];
  readonly redis?: string;
  /** Who it is where RBAC is enforced; default `revflow`. */
  readonly account?: Account;
  /** Another way to the API server, such as through a proxy. */
  readonly kubeconfig?: string;
  /** Hosts and ports on loopback that it may ask besides the Git server. */
  readonly allow?: readonly string[];
}

/** A process of `revflow run`. */
export interface Plane extends AsyncDisposable {
  readonly pid: number;
  /** Everything it logged, and how it ended. */
  readonly log: () => string;
  /** Ends at once, in the middle of whatever it does. */
  kill9(): Promise<void>;
  /** SIGTERM, and waits; the exit code. */
  stop(): Promise<number | null>;
}

export interface System extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly kube: Kube;
  readonly namespace: string;
  readonly git: GitServer;
  readonly farm: BuilderFarm;
  /** Starts `revflow run` for this system's namespace and waits until it has begun. */
  plane(options?: PlaneOptions): Promise<Plane>;
  /** Makes a Function; the defaults are one that watches and builds `repository` and is served. */
  create(name: string, over?: FunctionParts): Promise<FunctionObject>;
  read(name: string): Promise<FunctionObject>;
  /** Waits for a state of a Function, and lints its status then. */
  until(name: string, what: string, test: (fn: FunctionObject) => boolean, ms?: number): Promise<FunctionObject>;
  /** Waits until the Serving that counts names this digest. */
  untilServed(name: string, digest: string, ms?: number): Promise<void>;
  patch(name: string, body: object, subresource?: 'status'): Promise<void>;
}

export interface FunctionParts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly params?: string;
  /** Clone URL; default the system's Git server with the Function's name. */
  readonly url?: string;
  readonly revision?: string;
  readonly spec?: object;
}

export interface SystemOptions {
  /** An API server that is there already; default one of its own. */
  readonly cluster?: TestCluster;
  /** The definitions of OpenFunction's kinds there; default ours. */
  readonly definitions?: readonly KubeObject[];
}

/** Starts one with a namespace of its own. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  await using stack = new AsyncDisposableStack();
  const cluster = options.cluster ?? stack.use(await startTestCluster(options.definitions));
  if (!cluster.isReal) await cluster.install(foreignDefinitions);
  const namespace = await cluster.namespace();
  if (isServiceAccount) await grantHome(cluster.kube, namespace);
  const { kube } = cluster;
  const git = stack.use(await startGitServer());
  const farm = stack.use(await startBuilderFarm(kube, namespace));
  const planes = stack.use(new AsyncDisposableStack());
  const ref = (name: string) => ({ kind: kinds.function, namespace, name });
  const running = stack.move();
  const system: System = {
    cluster,
    kube,
    namespace,
    git,
    farm,
    async plane(plane = {}) {
      return planes.use(await startPlane(system, plane));
    },
    async create(name, parts = {}) {
      await kube.create(kinds.function, functionOf(system, name, parts));
      return system.read(name);
    },
    async read(name) {
      return readable(await kube.get(ref(name)), name);
    },
    async until(name, what, test, ms) {
      return eventually(
        `Function ${name} ${what}`,
        async () => {
          const fn = await system.read(name);
          if (!test(fn)) return false;
          expect(lintStatus(fn)).toEqual([]);
          return fn;
        },
        ms,
      );
    },
    async untilServed(name, digest, ms) {
      await eventually(
        `Function ${name} serves ${digest}`,
        async () => {
          const serving = (await system.read(name)).status?.serving?.resourceRef;
          if (!serving) return false;
          const object = await kube.get({ kind: kinds.serving, namespace, name: serving });
          return imageOf(object)?.endsWith(`@${digest}`);
        },
        ms,
      );
    },
    async patch(name, body, subresource) {
      await kube.patch(ref(name), body, subresource === undefined ? {} : { subresource });
    },
    async [Symbol.asyncDispose]() {
      await running.disposeAsync();
    },
  };
  return system;
}

function functionOf({ namespace, git }: System, name: string, parts: FunctionParts): KubeObject {
  const {
    url = `${git.url}/team/${name}.git`,
    revision = 'main',
    params = 'repo-type: git\npolling-interval: 1s',
  } = parts;
  const watching = {
    'openfunction.io/revision-controller': 'enable',
    'openfunction.io/revision-controller-params': params,
  };
  const { apiVersion, kind } = kinds.function;
  const spec = {
    image: `registry.example/${name}:v1`,
    build: { builder: 'registry.example/builder:1', srcRepo: { url, revision } },
    serving: { triggers: { http: {} } },
  };
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, annotations: { ...watching, ...parts.annotations } },
    spec: { ...spec, ...parts.spec },
  };
}

async function startPlane(system: System, options: PlaneOptions): Promise<Plane> {
  const allow = [new URL(system.git.url).host, ...(options.allow ?? [])].join(',');
  const given = options.kubeconfig ?? system.cluster.kubeconfig;
  const kubeconfig = await asAccount(system.cluster, given, options.account ?? 'revflow');
  const args = [
    join(root, 'bin/revflow.js'),
    'run',
    `--kubeconfig=${kubeconfig}`,
    `--namespace=${system.namespace}`,
    `--namespaces=${system.namespace}`,
    `--egress-allow=${allow}`,
    '--health-address=127.0.0.1:0',
    '--log-level=debug',
    ...(options.redis === undefined ? [] : ['--redis', options.redis]),
    ...(options.flags ?? []),
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (log += part.toString()));
  child.once('exit', (code, signal) => (log += `ended: ${signal ?? code}\n`));
  const isKnown = () => child.exitCode !== null || log.includes('"started"');
  await eventually('revflow run starts or ends', isKnown, startMs).catch(async (error: unknown) => {
    await end(child, 'SIGKILL');
    throw error;
  });
  if (child.exitCode !== null) throw new Error(`revflow run ended with ${child.exitCode}: ${log.slice(-2_000)}`);
  return {
    pid: child.pid ?? 0,
    log: () => log,
    kill9: () => end(child, 'SIGKILL').then(() => {}),
    stop: () => end(child, 'SIGTERM'),
    async [Symbol.asyncDispose]() {
      await end(child, 'SIGKILL');
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
  return child.exitCode;
}

function readable(object: KubeObject | undefined, name: string): FunctionObject {
  if (object === undefined) throw new KubeError({ status: 404, reason: 'NotFound' }, `there is no Function ${name}`);
  const parsed = parseFunction(object);
  if (!('ok' in parsed)) throw new Error(`Function ${name} cannot be read: ${JSON.stringify(parsed.problems)}`);
  return parsed.ok;
}

function imageOf(serving: KubeObject | undefined): string | undefined {
  return (serving?.['spec'] as { readonly image?: string } | undefined)?.image;
}
