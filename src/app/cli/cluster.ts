// The cluster that a verb talks to, found as people expect it, and Functions in it by name.
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { kinds } from '../../function/kinds.ts';
import { fieldManagers } from '../../function/names.ts';
import { stateLayout } from '../../local/state-dir.ts';
import { systemClock } from '../../platform/clock.ts';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import { connectKube } from '../../platform/kube/client.ts';
import type { Kube, KubeObject } from '../../platform/kube/kube.ts';
import { loadAccess } from '../../platform/kube/kubeconfig.ts';
import { createLog } from '../../platform/logger.ts';
import { type ClientConfig, UsageError } from '../config.ts';
import type { Terminal } from './verb.ts';

/** How a cluster is reached. */
interface Way {
  /** Undefined: as the pod that this process runs in. */
  readonly kubeconfig: string | undefined;
  /** The state directory, where it is a local control plane's. */
  readonly state: string | undefined;
}

export interface Cluster extends AsyncDisposable {
  readonly kube: Kube;
  /** Of names that say none. */
  readonly namespace: string;
  /** The state directory, where this is a local control plane's API server. */
  readonly state: string | undefined;
}

/** A name as the command line gives it. */
export interface FunctionName {
  readonly namespace: string;
  readonly name: string;
}

/** Connects, asking nothing yet. TerminalError KubeconfigInvalid, or UsageError where there is no cluster to be found. */
export async function openCluster(config: ClientConfig, terminal: Terminal): Promise<Cluster> {
  const { kubeconfig, state } = await findWay(config, terminal);
  const options = { kubeconfig, context: config.context };
  const { namespace } = await loadAccess(options);
  const kube = await connectKube({
    ...options,
    fieldManager: fieldManagers.cli,
    clock: systemClock,
    log: createLog({ level: 'error', pretty: true, write: line => void terminal.err.write(line) }),
  });
  return {
    kube,
    namespace: config.namespace ?? namespace ?? 'default',
    state,
    [Symbol.asyncDispose]: () => kube[Symbol.asyncDispose](),
  };
}

/** Flags first, then the environment, then what lies about; what was only found is told. */
async function findWay({ kubeconfig, state, env }: ClientConfig, { err }: Terminal): Promise<Way> {
  if (state !== undefined) return { kubeconfig: await kubeconfigIn(state), state };
  if (kubeconfig !== undefined) return { kubeconfig, state: await stateBeside(kubeconfig) };
  const local = stateLayout('.revflow');
  if (await isThere(local.kubeconfig)) {
    err.write('using the local control plane in .revflow (--kubeconfig chooses another)\n');
    return { kubeconfig: local.kubeconfig, state: local.path };
  }
  const own = join(env['HOME'] ?? '/', '.kube', 'config');
  if (await isThere(own)) return { kubeconfig: own, state: undefined };
  if (env['KUBERNETES_SERVICE_HOST'] !== undefined) return { kubeconfig: undefined, state: undefined };
  const ways = 'give --kubeconfig or --state, set KUBECONFIG, or start a local one with revflow start';
  throw new UsageError(`there is no cluster to ask: ${ways}`);
}

async function kubeconfigIn(state: string): Promise<string> {
  const { path, kubeconfig } = stateLayout(state);
  if (await isThere(kubeconfig)) return kubeconfig;
  throw new UsageError(`--state ${path} holds no control plane yet; revflow start --state ${state} makes one`);
}

/** A kubeconfig that a local control plane wrote lies beside its ports. */
async function stateBeside(kubeconfig: string): Promise<string | undefined> {
  const directory = dirname(kubeconfig);
  return (await isThere(join(directory, 'ports.json'))) ? directory : undefined;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Reads `NS/NAME` or `NAME`; UsageError that shows what it should look like. */
export function parseName(text: string, namespace: string): FunctionName {
  const parts = text.split('/');
  const [first = '', second] = parts;
  const label = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
  if (parts.length > 2 || !parts.every(part => label.test(part))) {
    throw new UsageError(`a Function is named NAMESPACE/NAME, such as default/hello, found ${JSON.stringify(text)}`);
  }
  return second === undefined ? { namespace, name: first } : { namespace: first, name: second };
}

/** The Function, live. RetryableError NotFound where it is not; TerminalError where the cluster does not know Functions at all. */
export async function readFunction(
  kube: Kube,
  { namespace, name }: FunctionName,
  signal: AbortSignal,
): Promise<KubeObject> {
  const found = await kube.get({ kind: kinds.function, namespace, name }, signal);
  if (found !== undefined) return found;
  if (await kube.serves(kinds.function)) {
    const all = `kubectl get functions -n ${namespace} lists those that are`;
    throw new RetryableError('NotFound', `there is no Function ${name} in namespace ${namespace}; ${all}`);
  }
  const install = 'install its definition: revflow crd | kubectl apply --server-side -f -';
  throw new TerminalError('NoBackend', `the cluster does not serve ${kinds.function.apiVersion}; ${install}`);
}
