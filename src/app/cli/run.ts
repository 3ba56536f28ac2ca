// `revflow run`: the control plane of a cluster.
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../platform/clock.ts';
import { createHttp } from '../../platform/http/client.ts';
import { egressPolicy } from '../../platform/http/egress.ts';
import { connectKube } from '../../platform/kube/client.ts';
import type { Kube } from '../../platform/kube/kube.ts';
import type { Log } from '../../platform/log.ts';
import { createLog } from '../../platform/logger.ts';
import { createMetrics, type Metrics } from '../../platform/metrics.ts';
import { createMemoryQueue } from '../../platform/queue/memory.ts';
import type { Queue } from '../../platform/queue/queue.ts';
import { createRedisQueue } from '../../platform/queue/redis/queue.ts';
import { createMemoryState } from '../../platform/state/memory.ts';
import { createRedisState } from '../../platform/state/redis.ts';
import type { State } from '../../platform/state/state.ts';
import { type Flags, type RunConfig, readRunConfig } from '../config.ts';
import { startControlPlane } from '../control-plane.ts';
import { serveHealth } from '../health.ts';
import { type ExitCode, exitCodes, type Terminal, type Verb } from './verb.ts';

const version = '0.1.0';

const flags: readonly (readonly [string, string])[] = [
  ['--kubeconfig <FILE>', 'how to reach the API server (default: KUBECONFIG, or the pod it runs in)'],
  ['--context <NAME>', 'context of the kubeconfig (default: its current one)'],
  ['--redis <URL>', 'queue and state shared by several workers (default: in memory, one process)'],
  ['--namespace <NAME>', "revflow's own namespace (default: revflow)"],
  ['--namespaces <A,B>', 'serve the Functions of these namespaces alone (default: all)'],
  ['--steps <all|watch>', 'watch: only the watching, beside an installed OpenFunction (default: all)'],
  ['--max-builds <N|none>', 'runs alive at once in the cluster (default: 50)'],
  ['--max-builds-per-namespace <N|none>', 'runs alive at once in each namespace (default: none)'],
  ['--min-interval <DURATION>', 'floor of every polling-interval (default: 1s)'],
  ['--egress-allow <LIST>', 'ask nothing but these hosts, addresses or CIDRs; opens loopback address:port'],
  ['--egress-deny <LIST>', 'hosts, addresses or CIDRs that are never asked'],
  ['--ca-file <FILE>', 'PEM certificates of private authorities'],
  ['--require-credential-hosts', 'refuse Secrets that do not say where they may be sent'],
  ['--health-address <HOST:PORT>', '/livez, /readyz and /metrics (default: :8081)'],
  ['--log-level <LEVEL>', 'error, warn, info or debug (default: info)'],
  ['--log-format <json|text>', 'default: json'],
  ['--polls <N>', 'sources asked at once (default: 64)'],
  ['--reconciles <N>', 'Functions worked on at once (default: 32)'],
];

export const run: Verb = {
  add: (program, act) => {
    const command = program
      .command('run')
      .description('run the control plane of a cluster')
      .addHelpText('after', '\nEvery flag has a twin in the environment: --max-builds is REVFLOW_MAX_BUILDS.');
    for (const [flag, text] of flags) command.option(flag, text);
    command.action((given: Flags) => {
      act(terminal => runCluster(readRunConfig(given, terminal.env), terminal));
    });
  },
};

/** Works until the signal; then lets what runs finish. */
async function runCluster(config: RunConfig, terminal: Terminal): Promise<ExitCode> {
  const log = createLog({
    level: config.logLevel,
    pretty: config.logFormat === 'text',
    write: line => void terminal.out.write(line),
  });
  const metrics = createMetrics();
  await using kube = await connect(config, log, metrics);
  await using shared = await openShared(config, log);
  const { queue, state } = shared;
  const redisHost = config.redis === undefined ? [] : [new URL(config.redis).host];
  await using http = createHttp({
    clock: systemClock,
    log,
    userAgent: `revflow/${version}`,
    caPem: config.caFile === undefined ? undefined : await readFile(config.caFile, 'utf8'),
    proxies: config.proxies,
    egress: egressPolicy({
      allow: config.egressAllow,
      deny: config.egressDeny,
      loopback: false,
      refuse: [kube.address, ...redisHost],
    }),
    observe: ({ host, status }) => metrics.count('revflow_http_requests_total', { host, status: String(status) }),
  });
  const settings = {
    ...config,
    slots: { cluster: config.maxBuilds, namespace: config.maxBuildsPerNamespace },
    alone: false,
  };
  await using plane = await startControlPlane({ kube, queue, state, http, clock: systemClock, log, metrics, settings });
  await using health = await serveHealth({ address: config.healthAddress, health: () => plane.health(), metrics, log });
  log.info('started', { version, health: health.port, redis: config.redis !== undefined, steps: config.mode });
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
    fieldManager: config.mode === 'companion' ? 'revflow-companion' : 'revflow',
    clock: systemClock,
    log,
    observe: ({ verb, status }) => metrics.count('revflow_api_requests_total', { verb, status: String(status) }),
  });
}

/** Queue and state: both in memory, or both on one Redis. */
async function openShared({ redis }: RunConfig, log: Log): Promise<AsyncDisposable & { queue: Queue; state: State }> {
  const clock = systemClock;
  const queue =
    redis === undefined ? createMemoryQueue({ clock, log }) : await createRedisQueue({ url: redis, clock, log });
  const state = redis === undefined ? createMemoryState({ clock }) : await createRedisState({ url: redis, clock, log });
  return {
    queue,
    state,
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  };
}
