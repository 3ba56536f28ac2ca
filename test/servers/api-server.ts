// The API server under test: a real one where KUBECONFIG and REVFLOW_TEST_KUBE=1 say so, else the embedded one.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { systemClock } from '../../src/platform/clock.ts';
import { connectKube, type KubeOptions } from '../../src/platform/kube/client.ts';
import { type Kind, type Kube, KubeError, type KubeObject } from '../../src/platform/kube/kube.ts';
import type { Log } from '../../src/platform/log.ts';
import { type FaultProxy, startHttpFaultProxy, startTcpFaultProxy, type TcpFaultProxy } from './fault-proxy.ts';

export interface TestCluster extends AsyncDisposable {
  readonly kube: Kube;
  /** A kubeconfig of an administrator. */
  readonly kubeconfig: string;
  /** A real API server; what a test makes stays there unless it removes it. */
  readonly isReal: boolean;
  /** Makes a namespace of its own for a test and gives its name. */
  namespace(): Promise<string>;
  /** Another client, with options of its own. Closed with the cluster. */
  connect(options?: Partial<KubeOptions>): Promise<Kube>;
  /**
   * A proxy before the API server that breaks HTTP, and a kubeconfig that leads through it and is otherwise `like` one, default the
   * administrator's. Closed with the cluster.
   */
  breakable(like?: string): Promise<{ readonly proxy: FaultProxy; readonly kubeconfig: string }>;
  /** A kubeconfig with another token; `like` is the one that it is otherwise like, default the administrator's. */
  withToken(token: string, like?: string): Promise<string>;
  /** A kubeconfig that trusts the system's authorities alone. */
  withoutAuthority(): Promise<string>;
  /** The same for TCP (TLS passes through). */
  severable(): Promise<{ readonly proxy: TcpFaultProxy; readonly kubeconfig: string }>;
  /**
   * Takes a copy of everything that the server holds; calling what it gives puts the copy back. Both stop the server and start it on the
   * same port. Of the embedded one only.
   */
  backup(): Promise<() => Promise<void>>;
  /** Installs definitions and waits until their kinds are served. */
  install(definitions: readonly KubeObject[]): Promise<void>;
}

/** A log that says nothing. */
export const silentLog: Log = { error() {}, warn() {}, info() {}, debug() {} };

/** True when tests run against a real API server. */
export const isRealCluster = process.env['REVFLOW_TEST_KUBE'] === '1';

const definitionKind: Kind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  cluster: true,
};
const namespaceKind: Kind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', cluster: true };

/** Starts (or finds) the API server, with these definitions; default our own. */
export async function startTestCluster(definitions?: readonly KubeObject[]): Promise<TestCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'revflow-cluster-'));
  const server = isRealCluster ? realServer() : await embeddedServer(directory);
  const owned: AsyncDisposable[] = [];
  const connect = async (options: Partial<KubeOptions> = {}): Promise<Kube> => {
    const base = {
      kubeconfig: server.kubeconfig,
      fieldManager: 'revflow',
      clock: systemClock,
      log: silentLog,
    } as const;
    const kube = await connectKube({ ...base, ...options });
    owned.push(kube);
    return kube;
  };
  const edited = async (edit: (config: Kubeconfig) => void, like = server.kubeconfig): Promise<string> => {
    const config = parse(await readFile(like, 'utf8')) as Kubeconfig;
    edit(config);
    const file = join(directory, `${randomBytes(4).toString('hex')}.kubeconfig`);
    await writeFile(file, stringify(config), { mode: 0o600 });
    return file;
  };
  // Its certificate is still checked against the same authority.
  const through = (url: string, like?: string) =>
    edited(config => {
      for (const { cluster } of config.clusters) cluster['server'] = url;
    }, like);
  const kube = await connect();
  const cluster: TestCluster = {
    kube,
    kubeconfig: server.kubeconfig,
    isReal: isRealCluster,
    connect,
    async namespace() {
      const name = `test-${randomBytes(5).toString('hex')}`;
      await kube.create(namespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      return name;
    },
    async breakable(like = server.kubeconfig) {
      const { clusters } = parse(await readFile(like, 'utf8')) as Kubeconfig;
      const proxy = await startHttpFaultProxy({ url: String(clusters[0]?.cluster['server']) });
      owned.push(proxy);
      return { proxy, kubeconfig: await through(proxy.url, like) };
    },
    async severable() {
      const address = new URL(`https://${kube.address}`);
      const proxy = await startTcpFaultProxy({ host: address.hostname, port: Number(address.port || 443) });
      owned.push(proxy);
      return { proxy, kubeconfig: await through(`https://127.0.0.1:${proxy.port}`) };
    },
    withToken: (token, like) =>
      edited(config => {
        for (const entry of config.users) entry.user = { token };
      }, like),
    withoutAuthority: () =>
      edited(config => {
        for (const { cluster: entry } of config.clusters) delete entry['certificate-authority-data'];
      }),
    backup: () => server.backup(),
    install: definitions => install(kube, definitions),
    async [Symbol.asyncDispose]() {
      // Clients before the proxies that they go through.
      for (const thing of owned.toReversed()) await thing[Symbol.asyncDispose]();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await cluster.install(definitions ?? (await ownDefinitions()));
  return cluster;
}

/** CustomResourceDefinitions in YAML files of a folder, subfolders included; empty when it is not there. */
export async function readDefinitions(folder: string): Promise<readonly KubeObject[]> {
  if (!existsSync(folder)) return [];
  const files = (await readdir(folder, { recursive: true })).filter(file => /\.ya?ml$/.test(file)).toSorted();
  const texts = await Promise.all(files.map(file => readFile(join(folder, file), 'utf8')));
  const objects = texts.flatMap(text => parseAllDocuments(text).map(document => document.toJS() as KubeObject | null));
  return objects.filter((object): object is KubeObject => object?.kind === definitionKind.kind);
}

interface Server {
  readonly kubeconfig: string;
  backup(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

function realServer(): Server {
  const kubeconfig = process.env['KUBECONFIG'];
  if (!kubeconfig) throw new Error('REVFLOW_TEST_KUBE=1 needs KUBECONFIG: the file that leads to a real API server');
  const backup = () => Promise.reject(new Error('the database of a real API server is not ours to put back'));
  return { kubeconfig, backup, close: async () => {} };
}

async function embeddedServer(directory: string): Promise<Server> {
  const { startApiServer } = await import('../../src/local/api-server/server.ts');
  const dir = join(directory, 'state');
  const start = () => startApiServer({ dir, log: silentLog, clock: systemClock });
  let server = await start();
  let copies = 0;
  /** Files cannot be copied while it writes to them. */
  const between = async (work: () => Promise<void>) => {
    await server.close();
    await work();
    server = await start();
  };
  return {
    kubeconfig: server.kubeconfig,
    async backup() {
      const copy = join(directory, `copy-${(copies += 1)}`);
      await between(() => cp(dir, copy, { recursive: true }));
      return () =>
        between(async () => {
          await rm(dir, { recursive: true });
          await cp(copy, dir, { recursive: true });
        });
    },
    close: () => server.close(),
  };
}

/** The definitions of deploy/crd. */
export function ownDefinitions(): Promise<readonly KubeObject[]> {
  return readDefinitions(join(import.meta.dirname, '../../deploy/crd'));
}

async function install(kube: Kube, definitions: readonly KubeObject[]): Promise<void> {
  await Promise.all(definitions.map(definition => createOrReplace(kube, definition)));
  for (const { metadata } of definitions) await untilEstablished(kube, metadata.name);
}

/** An earlier run, or kubectl, may have left another one. */
async function createOrReplace(kube: Kube, definition: KubeObject): Promise<void> {
  try {
    await kube.create(definitionKind, definition);
  } catch (error) {
    if (!(error instanceof KubeError) || error.reason !== 'AlreadyExists') throw error;
    // A merge keeps what ours does not mention; a conversion webhook would then contradict our strategy.
    const spec = definition['spec'] as { readonly conversion?: object };
    const conversion = { strategy: 'None', webhook: null, ...spec.conversion };
    await kube.patch({ kind: definitionKind, name: definition.metadata.name }, { spec: { ...spec, conversion } });
  }
}

async function untilEstablished(kube: Kube, name: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const definition = await kube.get<Definition>({ kind: definitionKind, name });
    const conditions = definition?.status?.conditions ?? [];
    if (conditions.some(condition => condition.type === 'Established' && condition.status === 'True')) return;
    await systemClock.sleep(50);
  }
  throw new Error(`the API server does not serve ${name}`);
}

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null };
}

interface Kubeconfig {
  readonly clusters: { readonly cluster: Record<string, unknown> }[];
  readonly users: { user: Record<string, unknown> }[];
}
