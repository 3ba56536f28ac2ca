// What `revflow logs` does: finds the newest run, prints its file (local mode), or says how kubectl shows it (cluster).
import { open } from 'node:fs/promises';
import { kinds } from '../../function/kinds.ts';
import { buildRunName, pipelineRunName } from '../../function/names.ts';
import { type FunctionObject, parseFunction } from '../../function/schema.ts';
import type { BuildStatus } from '../../function/status.ts';
import { runLogFile } from '../../local/runner/run-log.ts';
import { stateLayout } from '../../local/state-dir.ts';
import { systemClock } from '../../platform/clock.ts';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { ClientConfig } from '../config.ts';
import { type Cluster, type FunctionName, openCluster, parseName, readFunction } from './cluster.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';

export interface LogOrder {
  readonly name: string;
  readonly follow: boolean;
  readonly config: ClientConfig;
}

const pauseMs = 250;

/** Prints the log, or the command that does. */
export async function showLog({ name: text, follow, config }: LogOrder, terminal: Terminal): Promise<ExitCode> {
  await using cluster = await openCluster(config, terminal);
  const name = parseName(text, cluster.namespace);
  const { builder, run } = await newestRun(cluster, name, terminal);
  if (cluster.state === undefined) return await pointTo(cluster, { ...name, builder, follow }, terminal);
  const file = runLogFile(stateLayout(cluster.state).logs, name.namespace, run);
  terminal.err.write(`${file}\n`);
  const printed = await printFrom(file, 0, terminal);
  if (follow) await goOn({ cluster, name, run, file, printed: printed ?? 0 }, terminal);
  else if (printed === undefined) throw nothingYet(name, run);
  return exitCodes.done;
}

/** The Builder that counts, and the name of its run. */
interface NewestRun {
  readonly builder: string;
  readonly run: string;
}

async function newestRun({ kube }: Cluster, name: FunctionName, { signal }: Terminal): Promise<NewestRun> {
  const object = await readFunction(kube, name, signal);
  const newest = runOf(statusOf(object)?.build);
  if (newest) return newest;
  const key = `${name.namespace}/${name.name}`;
  const spec = object['spec'];
  if (typeof spec === 'object' && spec !== null && 'build' in spec) {
    throw new RetryableError('NotFound', `Function ${key} has no run yet; revflow explain ${key} says why`);
  }
  throw new TerminalError('NoBuild', `Function ${key} has no spec.build: nothing is run for it`);
}

function statusOf(object: KubeObject): FunctionObject['status'] {
  const parsed = parseFunction(object);
  return 'ok' in parsed ? parsed.ok.status : undefined;
}

/** Undefined while nothing was started; a run that is shared is that of another Function. */
function runOf(build: BuildStatus | undefined): NewestRun | undefined {
  const builder = build?.follows?.builder || build?.resourceRef;
  if (!builder) return undefined;
  return { builder, run: build.engine === 'tekton' ? pipelineRunName(builder) : buildRunName(builder) };
}

function nothingYet({ namespace, name }: FunctionName, run: string): RetryableError {
  const key = `${namespace}/${name}`;
  const why = 'it has not begun, or its log is older than a week';
  return new RetryableError('NotFound', `the run ${run} of Function ${key} has no log: ${why}`);
}

/** Prints what stands in the file from an offset on; gives the new offset, undefined when there is no file. */
async function printFrom(file: string, offset: number, { out }: Terminal): Promise<number | undefined> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    let at = offset;
    // The runner writes whole lines, so no character is cut at the end.
    for await (const chunk of handle.createReadStream({ start: offset, encoding: 'utf8', autoClose: false })) {
      at += Buffer.byteLength(chunk);
      out.write(String(chunk));
    }
    return at;
  } finally {
    await handle.close();
  }
}

interface Following {
  readonly cluster: Cluster;
  readonly name: FunctionName;
  readonly run: string;
  readonly file: string;
  readonly printed: number;
}

/** Until the run has ended and everything is printed, or somebody has seen enough. */
async function goOn({ cluster, name, run, file, printed }: Following, terminal: Terminal): Promise<void> {
  const { signal } = terminal;
  for (let at = printed; !signal.aborted; ) {
    const ended = await hasEnded(cluster, name, run);
    at = (await printFrom(file, at, terminal)) ?? at;
    if (ended) return;
    await systemClock.sleep(pauseMs, signal).catch(() => {});
  }
}

/** A run that another one has followed has ended too. */
async function hasEnded({ kube }: Cluster, { namespace, name }: FunctionName, run: string): Promise<boolean> {
  const object = await kube.get({ kind: kinds.function, namespace, name });
  const build = object && statusOf(object)?.build;
  if (!build || runOf(build)?.run !== run) return true;
  return build.state !== 'Created' && build.state !== 'Building';
}

interface Pointing extends FunctionName {
  readonly builder: string;
  readonly follow: boolean;
}

/** Logs of pods are kubectl's to show. */
async function pointTo(
  { kube }: Cluster,
  { namespace, builder, follow }: Pointing,
  terminal: Terminal,
): Promise<ExitCode> {
  const label = 'buildrun.shipwright.io/name';
  const engines = [
    { kind: kinds.buildRun, name: buildRunName(builder), label },
    { kind: kinds.buildRunV1alpha1, name: buildRunName(builder), label },
    { kind: kinds.pipelineRun, name: pipelineRunName(builder), label: 'tekton.dev/pipelineRun' },
  ];
  const asked = engines.map(({ kind, name }) => kube.get({ kind, namespace, name }, terminal.signal));
  const objects = await Promise.all(asked);
  const found = engines.find((_, at) => objects[at] !== undefined);
  if (found === undefined) {
    throw new RetryableError(
      'NotFound',
      `the run of ${namespace}/${builder} is not there: it was pruned, or is not created yet`,
    );
  }
  const { kind, name } = found;
  terminal.err.write(`the log is that of the pod of ${kind.kind} ${namespace}/${name}; kubectl shows it:\n`);
  const flags = `--all-containers --prefix --tail=-1${follow ? ' -f' : ''}`;
  terminal.out.write(`kubectl logs -n ${namespace} -l ${found.label}=${name} ${flags}\n`);
  return exitCodes.done;
}
