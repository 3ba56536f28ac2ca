// Local mode: everything that revflow needs, in this process and one directory. No cluster, no Redis, no Docker.
import { definitions } from '../function/crd/definitions.ts';
import { kinds } from '../function/kinds.ts';
import { startApiServer } from '../local/api-server/server.ts';
import { foreignDefinitions } from '../local/crd/foreign.ts';
import { installDefinitions } from '../local/crd/install.ts';
import { type EmbeddedRegistry, startRegistry } from '../local/registry/server.ts';
import { startRunner } from '../local/runner/runner.ts';
import { openStateDirectory, type StateDirectory } from '../local/state-dir.ts';
import { systemClock as clock } from '../platform/clock.ts';
import { TerminalError } from '../platform/errors.ts';
import { createHttp } from '../platform/http/client.ts';
import { type EgressPolicy, egressPolicy } from '../platform/http/egress.ts';
import type { Http } from '../platform/http/http.ts';
import { connectKube } from '../platform/kube/client.ts';
import { type Kube, KubeError } from '../platform/kube/kube.ts';
import type { Log } from '../platform/log.ts';
import { createMetrics, type Metrics } from '../platform/metrics.ts';
import { createMemoryQueue } from '../platform/queue/memory.ts';
import { createMemoryState } from '../platform/state/memory.ts';
import type { State } from '../platform/state/state.ts';
import { createCredentials } from '../revision/credential.ts';
import { loadInstallKey } from '../revision/install-key.ts';
import { type Environment, type Proxies, type RunConfig, readCaFile } from './config.ts';
import { type ControlPlane, type Settings, startControlPlane } from './control-plane.ts';
import { serveHealth } from './health.ts';
import { version } from './version.ts';

export interface LocalOptions {
  /** The state directory. */
  readonly directory: string;
  readonly env: Environment;
  readonly log: Log;
  readonly config: LocalConfig;
}

/** What of `revflow run` means something here too. */
type LocalConfig = Pick<
  RunConfig,
  | 'maxBuilds'
  | 'maxBuildsPerNamespace'
  | 'minIntervalMs'
  | 'egressAllow'
  | 'egressDeny'
  | 'caFile'
  | 'requireCredentialHosts'
  | 'polls'
  | 'reconciles'
  | 'proxies'
>;

export interface LocalMode extends AsyncDisposable {
  readonly directory: StateDirectory;
  readonly kube: Kube;
  readonly registry: EmbeddedRegistry;
  readonly http: Http;
  readonly state: State;
  readonly plane: ControlPlane;
}

/** revflow's own namespace here. */
const home = 'revflow';

/** Starts everything, in the order in which one part needs the other; what was running before goes on. */
export async function startLocalMode(options: LocalOptions): Promise<LocalMode> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await openStateDirectory(options.directory));
  const metrics = createMetrics();
  const kube = await startObjects({ ...options, stack, directory: directory.path, port: directory.ports.api, metrics });
  const { log } = options;
  const { registry: port } = directory.ports;
  const registry = stack.use(
    await claim('registry', port, () => startRegistry({ dir: directory.registry, port, log })),
  );
  const edge = await openEdge({ ...options, stack, kube, metrics });
  const state = stack.use(createMemoryState({ clock }));
  stack.use(
    await startRunner({ ...(await runnerOptions(options, edge, kube)), memory: state, ...placesOf(directory) }),
  );
  const plane = stack.use(
    await startControlPlane({
      kube,
      state,
      clock,
      log,
      metrics,
      queue: stack.use(createMemoryQueue({ clock, log })),
      http: edge.http,
      settings: settingsOf(options.config),
    }),
  );
  const health = { address: { host: '127.0.0.1', port: directory.ports.health }, health: () => plane.health() };
  stack.use(await claim('metrics', health.address.port, () => serveHealth({ ...health, metrics, log })));
  await plane.leading;
  const running = stack.move();
  const { http } = edge;
  return { directory, kube, registry, http, state, plane, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface Starting extends Omit<LocalOptions, 'directory'> {
  readonly stack: AsyncDisposableStack;
  readonly metrics: Metrics;
}

/** The API server with all definitions, and a client of it. */
async function startObjects(starting: Starting & { readonly directory: string; readonly port: number }): Promise<Kube> {
  const { stack, directory: dir, port, log, metrics } = starting;
  const server = stack.use(await claim('API server', port, () => startApiServer({ dir, port, clock, log })));
  const kube = stack.use(
    await connectKube({
      kubeconfig: server.kubeconfig,
      fieldManager: 'revflow',
      clock,
      log,
      observe: ({ verb, status }) => metrics.count('revflow_api_requests_total', { verb, status: String(status) }),
    }),
  );
  await installDefinitions(kube, [...definitions, ...foreignDefinitions], clock);
  for (const name of ['default', home]) await ensureNamespace(kube, name);
  return kube;
}

interface Edge {
  readonly http: Http;
  readonly egress: EgressPolicy;
  readonly caPem: string | undefined;
}

async function openEdge({ stack, kube, config, log, metrics }: Starting & { readonly kube: Kube }): Promise<Edge> {
  const { egressAllow: allow, egressDeny: deny, caFile, proxies } = config;
  const caPem = await readCaFile(caFile);
  const egress = egressPolicy({ allow, deny, loopback: true, refuse: [kube.address] });
  const http = createHttp({
    clock,
    log,
    caPem,
    proxies,
    egress,
    userAgent: `revflow/${version}`,
    observe: ({ host, status }) => metrics.count('revflow_http_requests_total', { host, status: String(status) }),
  });
  return { http: stack.use(http), egress, caPem };
}

async function runnerOptions({ config, env, log }: LocalOptions, { http, egress, caPem }: Edge, kube: Kube) {
  const requireHosts = config.requireCredentialHosts;
  const installKey = await loadInstallKey(kube, home);
  return {
    kube,
    log,
    clock,
    http,
    egress,
    credentials: createCredentials({ kube, installKey, clock, requireHosts }),
    programPath: env['PATH'] ?? '',
    proxies: proxyVariables(config.proxies),
    ...(caPem === undefined ? {} : { caPem }),
  };
}

function placesOf({ scratch, logs }: StateDirectory) {
  return { scratchDirectory: scratch, logsDirectory: logs };
}

function settingsOf(config: LocalConfig): Settings {
  return {
    ...config,
    namespace: home,
    namespaces: undefined,
    identity: `local-${process.pid}`,
    mode: 'full',
    slots: { cluster: config.maxBuilds, namespace: config.maxBuildsPerNamespace },
    alone: true,
    watchSecrets: true,
  };
}

/** A kept port may have been taken by another program since. */
export async function claim<T>(what: string, port: number, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error;
    const message = `port ${port} of the ${what} was taken by another program; stop it, or delete ports.json in the state directory`;
    throw new TerminalError('PortInUse', message, { cause: error });
  }
}

async function ensureNamespace(kube: Kube, name: string): Promise<void> {
  const object = { apiVersion: kinds.namespace.apiVersion, kind: kinds.namespace.kind, metadata: { name } };
  try {
    await kube.create(kinds.namespace, object);
  } catch (error) {
    if (!(error instanceof KubeError) || error.reason !== 'AlreadyExists') throw error;
  }
}

/** As git and curl read them. */
function proxyVariables({ httpProxy, httpsProxy, noProxy }: Proxies): Record<string, string> {
  const given = { http_proxy: httpProxy, https_proxy: httpsProxy, no_proxy: noProxy };
  const set = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(set);
}
