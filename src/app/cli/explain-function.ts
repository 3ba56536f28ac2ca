// What `revflow explain` does: reads the Function, what was last answered, and lets the loop's own rules decide on it.
import { defaultPolicy } from '../../decide/facts.ts';
import { readAnnotations } from '../../function/annotations.ts';
import { nameTask } from '../../function/build-hooks.ts';
import { momentText } from '../../function/conditions.ts';
import { formatDuration } from '../../function/duration.ts';
import { annotations } from '../../function/names.ts';
import { problemText } from '../../function/problem.ts';
import { type FunctionObject, parseFunction } from '../../function/schema.ts';
import { systemClock as clock } from '../../platform/clock.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { createLog } from '../../platform/logger.ts';
import { createMemoryState } from '../../platform/state/memory.ts';
import type { State } from '../../platform/state/state.ts';
import { explainFunction } from '../../reconcile/explain.ts';
import type { Credentials } from '../../revision/credential.ts';
import { anonymous, sourceKey } from '../../watch/graph.ts';
import { planWatch, type Watch } from '../../watch/plan.ts';
import { nextPoll } from '../../watch/schedule.ts';
import { stateKeys } from '../../watch/source.ts';
import type { ClientConfig } from '../config.ts';
import { type Cluster, openCluster, parseName, readFunction } from './cluster.ts';
import { rememberImages, reportImages } from './explain-images.ts';
import { type ExplainReport, printExplanation, type WatchingReport } from './explain-report.ts';
import { judge } from './function-files.ts';
import { type Answers, readAnswers } from './known-answers.ts';
import { withProgress } from './progress.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';
import { knownId, type Verdict, verdictOf } from './verdict.ts';
import { describeWatch } from './watch-words.ts';

/** Explains the Function of this name. A Function that can never work is explained too: the exit code is about the explaining. */
export async function explainByName(text: string, config: ClientConfig, terminal: Terminal): Promise<ExitCode> {
  await using cluster = await openCluster(config, terminal);
  const name = parseName(text, cluster.namespace);
  const object = await readFunction(cluster.kube, name, terminal.signal);
  await using shared = await openShared(config, terminal);
  const report = await explainObject(object, { cluster, state: shared?.state });
  printExplanation(report, { format: config.output, now: clock.now() }, terminal);
  return exitCodes.done;
}

/** The state port of the workers; undefined where no Redis is named. */
async function openShared(
  { redis }: ClientConfig,
  terminal: Terminal,
): Promise<(AsyncDisposable & { readonly state: State }) | undefined> {
  if (redis === undefined) return undefined;
  const { createRedisState } = await import('../../platform/state/redis.ts');
  const log = createLog({ level: 'error', pretty: true, write: line => void terminal.err.write(line) });
  const state = await withProgress(terminal, 'connecting to Redis', () => createRedisState({ url: redis, clock, log }));
  return { state, [Symbol.asyncDispose]: () => state[Symbol.asyncDispose]() };
}

interface Sources {
  readonly cluster: Cluster;
  readonly state: State | undefined;
}

async function explainObject(object: KubeObject, sources: Sources): Promise<ExplainReport> {
  const { name, namespace = '', generation } = object.metadata;
  const { fn, problems } = judge(`${namespace}/${name}`, object);
  const base = { function: `${namespace}/${name}`, ...(generation === undefined ? {} : { generation }) };
  const told = { ...base, ...steering(object), problems: [...problems] };
  if (fn === undefined) {
    const parsed = parseFunction(object);
    const conditions = 'ok' in parsed ? conditionsOf(parsed.ok) : [];
    return { ...told, conditions, would: 'nothing: it cannot work as it stands', next: [] };
  }
  const images = reportImages(fn);
  const plan = planWatch(fn);
  if (plan.kind === 'unwatched') {
    const verdict = await decide(fn, undefined, sources);
    const watch = { unwatched: { reason: plan.reason, message: plan.message } };
    return {
      ...told,
      ...stages(fn),
      ...images,
      ...verdict,
      watch,
      conditions: conditionsOf(fn),
      next: nextOf(verdict),
    };
  }
  const answers = await readAnswers(fn, plan.watch, sources.state);
  const verdict = await decide(fn, { watch: plan.watch, answers }, sources);
  const watch = watching(fn, plan.watch, answers);
  const next = [...nextPollOf(fn, answers), ...nextOf(verdict)];
  return { ...told, ...stages(fn), ...images, ...verdict, watch, conditions: conditionsOf(fn), next };
}

interface Watched {
  readonly watch: Watch;
  readonly answers: Answers;
}

/** The loop's own decision. The source is looked up under its anonymous key: the identity of its credential stays unread. */
async function decide(fn: FunctionObject, watched: Watched | undefined, { cluster }: Sources): Promise<Verdict> {
  await using state = createMemoryState({ clock });
  const { observation } = watched?.answers ?? {};
  if (watched && observation) {
    const key = stateKeys.observation(sourceKey(watched.watch.source, anonymous));
    await state.set(key, JSON.stringify(observation), 60_000);
  }
  await rememberImages(state, fn, clock.now());
  const credentials: Credentials = {
    resolve: async () => ({ credential: undefined, credentialId: anonymous, warnings: [] }),
    forget() {},
  };
  const ports = { kube: cluster.kube, state, credentials, clock, policy: defaultPolicy };
  return verdictOf(fn, await explainFunction(ports, fn));
}

function steering({ metadata }: KubeObject): Pick<ExplainReport, 'steering' | 'companion'> {
  const { suspended, hold, rebuildRequested, problems, hooks: read } = readAnnotations(metadata.annotations);
  const { before = [], after = [] } = read.hooks ?? {};
  const companion = metadata.annotations?.[annotations.revflowState];
  return {
    steering: {
      suspended,
      ...(hold === undefined ? {} : { hold }),
      ...(rebuildRequested === undefined ? {} : { rebuildRequested }),
      ...(read.hooks ? { hooks: { before: before.map(nameTask), after: after.map(nameTask) } } : {}),
      problems: problems.map(problemText),
    },
    ...(companion === undefined ? {} : { companion }),
  };
}

function conditionsOf({ status }: FunctionObject): ExplainReport['conditions'] {
  return (status?.conditions ?? []).map(({ type, status: value, reason, message, lastTransitionTime }) => ({
    type,
    status: value,
    reason,
    message,
    since: lastTransitionTime,
  }));
}

/** What the status records of the two stages. */
function stages(fn: FunctionObject): Pick<ExplainReport, 'built' | 'served' | 'known'> {
  const { build, serving } = fn.status ?? {};
  const known = knownId(fn);
  return {
    ...(build === undefined ? {} : { built: { ...build } }),
    ...(serving === undefined ? {} : { served: { ...serving } }),
    ...(known === undefined ? {} : { known }),
  };
}

function watching(fn: FunctionObject, watch: Watch, { from, observation, budget }: Answers): WatchingReport {
  const kept = fn.status?.watch?.interval ?? (observation && formatDuration(observation.intervalMs));
  const head = observation?.heads[watch.want];
  const failure = observation?.failure;
  const { blockedUntil, refusals } = budget ?? {};
  return {
    ...describeWatch(watch),
    answersFrom: from,
    warnings: watch.warnings,
    ...(kept === undefined ? {} : { kept }),
    ...(head?.kind === 'found' ? { latest: head.id } : {}),
    ...(head?.kind === 'found' && head.ref !== undefined ? { ref: head.ref } : {}),
    ...(head?.kind === 'missing' ? { missing: true } : {}),
    ...(observation && observation.at > 0 ? { at: momentText(observation.at) } : {}),
    ...(failure ? { failure: { reason: failure.reason, message: failure.message } } : {}),
    ...(blockedUntil === undefined ? {} : { blockedUntil: momentText(blockedUntil) }),
    ...(refusals === undefined ? {} : { refusals }),
  };
}

/** Failures after which a source is asked at its ordinary pace: somebody has to do something there. */
const ordinary: ReadonlySet<string> = new Set(['NotFound', 'RefNotFound', 'TagNotFound']);
const refusals: ReadonlySet<string> = new Set(['Unauthorized', 'Forbidden']);

/** Polls have a grid that depends on nothing but the source's key: everybody can tell the next one. */
function nextPollOf(fn: FunctionObject, { observation }: Answers): ExplainReport['next'] {
  const key = fn.status?.watch?.source;
  if (key === undefined || observation === undefined) return [];
  const { failure, intervalMs } = observation;
  if (failure?.retryAt !== undefined) return [{ what: 'the source is asked again', at: momentText(failure.retryAt) }];
  if (failure && refusals.has(failure.reason)) {
    return [{ what: 'the source is asked again within ten minutes, or soon after its Secret has changed' }];
  }
  if (failure && !ordinary.has(failure.reason)) {
    return [{ what: 'the source is asked again within a minute, or its interval where that is longer' }];
  }
  return [{ what: 'the source is asked', at: momentText(nextPoll({ key, intervalMs, now: clock.now() })) }];
}

function nextOf({ build, digest, serving }: Verdict): ExplainReport['next'] {
  const holds = [build?.hold, digest, serving?.hold].filter(hold => hold !== undefined);
  return holds.map(({ reason, until }) => {
    if (until === undefined) return { what: `${reason} ends when somebody changes what causes it` };
    return { what: `${reason} ends`, at: until };
  });
}
