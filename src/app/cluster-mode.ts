// The control plane of a cluster: everything that `revflow run` needs, until it is told to stop.
import { fieldManagers } from '../function/names.ts';
import { systemClock } from '../platform/clock.ts';
import { TerminalError } from '../platform/errors.ts';
import { createHttp } from '../platform/http/client.ts';
import { egressPolicy } from '../platform/http/egress.ts';
import { connectKube } from '../platform/kube/client.ts';
import type { Kube } from '../platform/kube/kube.ts';
import type { Log } from '../platform/log.ts';
import { createLog } from '../platform/logger.ts';
import { createMetrics, type Metrics } from '../platform/metrics.ts';
import { createMemoryQueue } from '../platform/queue/memory.ts';
import type { Queue } from '../platform/queue/queue.ts';
import { redisAddress } from '../platform/queue/redis/address.ts';
import { createRedisQueue } from '../platform/queue/redis/queue.ts';
import { createMemoryState } from '../platform/state/memory.ts';
import { createRedisState } from '../platform/state/redis.ts';
import type { State } from '../platform/state/state.ts';
import { type ExitCode, exitCodes, type Terminal } from './cli/verb.ts';
import { type Address, type RunConfig, readCaFile } from './config.ts';
import { startControlPlane } from './control-plane.ts';
import { type HealthOptions, serveHealth } from './health.ts';
import { version } from './version.ts';

/** Works until the signal; then lets what runs finish. */
export async function runCluster(config: RunConfig, terminal: Terminal): Promise<ExitCode> {
  const log = createLog({
    level: config.logLevel,
    pretty: config.logFormat === 'text',
    write: line => void terminal.out.write(line),
  });
  const metrics = createMetrics();
  await using kube = await connect(config, log, metrics);
  const caPem = await readCaFile(config.caFile);
  await using shared = await openShared(config, log, caPem);
  const { queue, state } = shared;
  await using http = createHttp({
    clock: systemClock,
    log,
    userAgent: `revflow/${version}`,
    caPem,
    proxies: config.proxies,
    egress: egressPolicy({
      allow: config.egressAllow,
      deny: config.egressDeny,
      loopback: false,
      refuse: [kube.address, ...serversOf(config)],
    }),
    observe: ({ host, status }) => metrics.count('revflow_http_requests_total', { host, status: String(status) }),
  });
  const settings = {
    ...config,
    slots: { cluster: config.maxBuilds, namespace: config.maxBuildsPerNamespace },
    alone: false,
  };
  await using plane = await startControlPlane({ kube, queue, state, http, clock: systemClock, log, metrics, settings });
  const probes = { address: config.healthAddress, health: () => plane.health(), metrics, log };
  await using health = await serveHealth(probes).catch((error: unknown) => portTaken(error, config.healthAddress));
  await using besides = await serveMetrics(config, probes);
  log.info('started', {
    version,
    health: health.port,
    metrics: besides?.port ?? health.port,
    redis: config.redis !== undefined,
    steps: config.mode,
  });
  await new Promise<void>(resolve => {
    if (terminal.signal.aborted) resolve();
    terminal.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  log.info('stopping');
  return exitCodes.done;
}

function connect(config: RunConfig, log: Log, metrics: Metrics): Promise<Kube> {
  return connectKube({
    kubeconfig: config.kubeconfig,
    context: config.context,
    fieldManager: config.mode === 'companion' ? fieldManagers.companion : fieldManagers.loop,
    clock: systemClock,
    log,
    observe: ({ verb, status }) => metrics.count('revflow_api_requests_total', { verb, status: String(status) }),
  });
}

/** `host:port` of the Redis; none where there is none, and for a socket, which nobody can be led to. */
export function serversOf({ redis }: Pick<RunConfig, 'redis'>): readonly string[] {
  const address = redis === undefined ? undefined : redisAddress(redis);
  return address?.host === undefined ? [] : [address.display];
}

interface Shared extends AsyncDisposable {
  readonly queue: Queue;
  readonly state: State;
}

/** Queue and state: both in memory, or both on one Redis. */
async function openShared({ redis: url }: RunConfig, log: Log, caPem: string | undefined): Promise<Shared> {
  const clock = systemClock;
  const shared = { clock, log, caPem };
  const queue = url === undefined ? createMemoryQueue({ clock, log }) : await createRedisQueue({ url, ...shared });
  const state = url === undefined ? createMemoryState({ clock }) : await createRedisState({ url, ...shared });
  return {
    queue,
    state,
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  };
}

/** The address of the metrics alone, where one was given that is not that of the probes. */
async function serveMetrics(
  { metricsAddress, healthAddress }: RunConfig,
  probes: Omit<HealthOptions, 'address'>,
): Promise<Awaited<ReturnType<typeof serveHealth>> | undefined> {
  if (metricsAddress === undefined) return undefined;
  const { host, port } = metricsAddress;
  if (port !== 0 && host === healthAddress.host && port === healthAddress.port) return undefined;
  return serveHealth({ ...probes, address: metricsAddress }).catch((error: unknown) =>
    portTaken(error, metricsAddress, 'metrics-bind-address'),
  );
}

/** Another program has the port of the probes, or of the metrics. */
function portTaken(error: unknown, { host, port }: Address, flag = 'health-address'): never {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error;
  const message = `--${flag} ${host}:${port} is taken by another program; choose another port`;
  throw new TerminalError('PortInUse', message, { cause: error });
}
