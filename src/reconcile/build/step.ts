// The step "build": what became of the recorded build, whether another one is wanted, and what is done about it.
import type { Backend } from '../../build/backend.ts';
import { endedStatus, runningStatus } from '../../build/builder.ts';
import { wantedBuilder } from '../../build/plan.ts';
import { type BuildDecision, decideBuild } from '../../decide/decide.ts';
import type { BuildFacts } from '../../decide/facts.ts';
import { type Hold, isNews } from '../../decide/rule.ts';
import { momentText } from '../../function/conditions.ts';
import { labels } from '../../function/names.ts';
import type { BuilderObject } from '../../function/schema.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import type { BuildStatus, WatchStatus } from '../../function/status.ts';
import { noted } from '../adopted.ts';
import { type Context, sharedFacts } from '../context.ts';
import { withoutAbsent } from '../draft.ts';
import { done, type Outcome, stalled, waiting } from '../outcome.ts';
import { cancelBuild } from './cancel.ts';
import { conclude, deadlineOf, settleBuild, settleVanished, writeBuilderStatus } from './end.ts';
import { chooseBackend, refuseHooks } from './engine.ts';
import { builderIsThere, buildFacts, type Going, isLost, isOpen, lookAtBuild } from './facts.ts';
import { leaveShared, settleShared } from './follow.ts';
import { sayBuild, sayHold } from './said.ts';
import { skipBuild } from './skip.ts';
import { continueBuild, type Order, startBuild } from './start.ts';

/** How often a build that another controller began is looked at, whose run no informer of ours knows; or one that is held after its shared run. */
const untoldMs = 15_000;

/** Builds, or says why not. */
export async function buildStep(context: Context): Promise<Outcome> {
  const spec = wantedBuilder(context.fn, undefined);
  const backend = await chooseBackend(context.options.kube, context.steering);
  const going = await lookAtBuild(context, backend);
  if (going.builder && !context.draft.status.build?.resourceRef) nameAgain(context, going.builder);
  if (spec === undefined) return skipBuild(context, going);
  await settle(context, going);
  const work: Work = { backend, spec, going };
  const decided = await decide(context, work);
  const outcome = await act(context, work, decided);
  const { build } = context.draft.status;
  if (build && decided.decision.verdict === 'nothing') {
    context.draft.set({ build: noted(build, decided.facts.inputHash) });
  }
  return remark(outcome, going.backend.unused?.(spec));
}

/** Adds to what is said. */
function remark(outcome: Outcome, words: string | undefined): Outcome {
  if (words === undefined) return outcome;
  return { ...outcome, said: { ...outcome.said, message: `${outcome.said.message}; ${words}` } };
}

function settle(context: Context, going: Going): Promise<boolean> {
  const { builder, shared } = going;
  return builder && shared ? settleShared(context, builder, shared) : settleBuild(context, going);
}

interface Work {
  readonly backend: Backend;
  readonly spec: BuilderSpec;
  readonly going: Going;
}

type Starting = BuildDecision & { readonly verdict: 'build' | 'cancel' };

interface Decided {
  readonly facts: BuildFacts;
  readonly decision: BuildDecision;
}

async function decide(context: Context, { backend, spec, going }: Work): Promise<Decided> {
  const shared = sharedFacts(context, 'build');
  const refused = refuseHooks(backend, context.steering, context.now);
  const gather = (): BuildFacts => ({ ...buildFacts(context, spec, going), ...(refused ? { refused } : {}) });
  let facts = gather();
  if (going.builder && (await settleVanished(context, facts, going.builder))) facts = gather();
  const decision = decideBuild(shared, facts);
  const isFailed = facts.recorded?.phase === 'failed' && !facts.recorded.pruned && !facts.recorded.superseded;
  if (decision.verdict !== 'nothing' || !isFailed || going.asked) return { facts, decision };
  // Only now does it matter whether somebody deleted the Builder of a failed build.
  if (await builderIsThere(context)) return { facts, decision };
  facts = { ...facts, builder: 'absent' };
  return { facts, decision: decideBuild(shared, facts) };
}

async function act(context: Context, work: Work, decided: Decided): Promise<Outcome> {
  const { draft } = context;
  const { decision, facts } = decided;
  const { builder, run } = work.going;
  const isRunning = facts.recorded?.phase === 'running';
  const isStopping = isRunning && draft.status.build?.cancelledAt !== undefined;
  const isCancelled = decision.verdict === 'build' ? isLost(facts, work.going) : isStopping;
  if (builder && run && (decision.verdict === 'cancel' || isCancelled)) {
    const outcome = await cancelBuild(context, { backend: work.going.backend, builder, run });
    if (outcome) return outcome;
    const again = { ...work, going: { ...work.going, run: undefined, result: undefined } };
    return act(context, again, await decide(context, again));
  }
  if (builder && work.going.shared && decision.verdict === 'cancel') {
    await leaveShared(context, builder);
    const again = { ...work, going: { ...work.going, shared: undefined } };
    return act(context, again, await decide(context, again));
  }
  if (decision.verdict === 'build') {
    // A build that has just ended is served all the same where only news outdates it: something ships.
    if (!isNews(decision.cause)) context.findings.outdated = true;
    if (builder && isOpen(draft.status.build ?? {})) await abandon(context, builder, decision);
    return startBuild(context, { ...orderOf(work.backend, decision, facts), ...lossOf(context, work.going, decision) });
  }
  if (facts.recorded?.phase === 'intended') return goOn(context, work);
  if (isRunning && builder && (run ?? work.going.shared)) await showRunning(context, work.going.backend, builder);
  return report(context, work, decision);
}

/** What goes on was cleared away: it is named again until it is out of the way, without the hash, which keeps the command. */
function nameAgain({ draft }: Context, { metadata }: BuilderObject): void {
  const { cancelledAt } = draft.status.build ?? {};
  const sequence = Number(metadata.labels?.[labels.sequence]) || undefined;
  const build = { state: 'Building', resourceRef: metadata.name, sequence, cancelledAt };
  draft.set({ build: withoutAbsent<BuildStatus>(build) });
}

function orderOf(backend: Backend, { cause, revision }: Starting, { recorded }: BuildFacts): Order {
  const forNewer = recorded?.superseded === true && (isNews(cause) || cause === 'Superseded');
  return {
    backend,
    cause,
    revision,
    from: recorded?.revision,
    cancels: forNewer ? recorded.cancels + 1 : 0,
    vanished: cause === 'RunVanished' ? (recorded?.vanished ?? 0) + 1 : 0,
    retries: cause === 'Retried' ? (recorded?.retries ?? 0) + 1 : 0,
  };
}

/** After a shared run that was lost: it is not followed again, and its failure counts. */
function lossOf({ draft }: Context, { shared }: Going, { cause }: Starting): Pick<Order, 'past' | 'unshared'> {
  if (cause !== 'ShareLost' || shared?.kind !== 'lost') return {};
  const { follows, unshared = 0 } = draft.status.build ?? {};
  return { past: follows?.builder, unshared: unshared + (shared.failed ? 1 : 0) };
}

/** The run was created, and whoever created it did not come to say so. */
async function showRunning(context: Context, backend: Backend, builder: BuilderObject): Promise<void> {
  const { build } = context.draft.status;
  if (build?.state !== 'Created') return;
  const resourceRef = backend.resourceRef(build.follows?.builder ?? builder.metadata.name);
  await writeBuilderStatus(context, builder, runningStatus(resourceRef));
  context.draft.set({ build: { ...build, state: 'Building' } });
}

/** A Builder whose build is replaced before it ended gets an end too: only what has ended is ever removed. */
async function abandon(
  context: Context,
  builder: BuilderObject,
  { cause, because }: { readonly cause: string; readonly because: string },
): Promise<void> {
  const vanished = cause === 'RunVanished';
  const message = cause === 'ShareLost' ? because : 'replaced before its run was created';
  const end = vanished
    ? ({ state: 'Failed', reason: 'RunVanished', message: 'its run was deleted before it ended' } as const)
    : ({ state: 'Canceled', reason: 'Canceled', message } as const);
  await writeBuilderStatus(context, builder, endedStatus(end, builder.status?.resourceRef));
}

const suspended: Hold = {
  reason: 'Suspended',
  message: 'openfunction.io/suspend is "true"; revflow resume takes it away',
};

/** An intent without a run: it is acted upon, unless somebody stopped it meanwhile. */
async function goOn(context: Context, work: Work): Promise<Outcome> {
  const { draft, steering, now } = context;
  const { builder } = work.going;
  const build = draft.status.build ?? {};
  if (builder?.spec.state === 'Cancelled') {
    await conclude(context, builder, {
      state: 'Canceled',
      reason: 'Canceled',
      message: 'cancelled before its run was created',
    });
    return stalled(sayBuild(draft.status.build ?? {}));
  }
  const hold = steering.suspended ? suspended : refuseHooks(work.backend, steering, now);
  if (hold) {
    const said = sayHold(build, hold, `${build.resourceRef ?? ''} is to be built`);
    return hold.until === undefined ? stalled(said) : waiting(said, hold.until);
  }
  const { cause = 'First', revision, cancels = 0, vanished = 0, retries = 0 } = build;
  const order = { cause, revision, from: undefined, cancels, vanished, retries };
  if (!steering.hooks.hooks || work.going.backend.takesHooks) {
    return continueBuild(context, { backend: work.going.backend, ...order });
  }
  // Nothing ran yet, and hooks came since: it begins anew where they run.
  if (builder) await abandon(context, builder, { cause, because: '' });
  return startBuild(context, { backend: work.backend, ...order });
}

/** Nothing is started: says how it stands, and what is held back. */
function report(context: Context, { going }: Work, decision: BuildDecision): Outcome {
  const { draft, now, findings } = context;
  const build = draft.status.build;
  const open = build !== undefined && isOpen(build);
  const until = open ? nextLook(build, going, now) : undefined;
  if (decision.verdict !== 'hold') return build === undefined ? idle() : settled(build, until);
  const { hold, because, cause } = decision;
  if (hold.reason === 'AwaitingFirstObservation') awaitFirst(context);
  if (!isNews(cause)) findings.outdated = true;
  if (cause === 'SpecChanged' && !build?.inputHash) findings.unseenEdit = true;
  const said = sayHold(build?.resourceRef ? build : undefined, hold, because);
  if (open || hold.until !== undefined) return waiting(said, earliest(until, hold.until));
  return said.status === 'True' ? done(said) : stalled(said);
}

function settled(build: BuildStatus, until: number | undefined): Outcome {
  const said = sayBuild(build);
  if (isOpen(build)) return waiting(said, until);
  return said.status === 'False' ? stalled(said) : done(said);
}

/** Cannot be: a Function with spec.build and without a build has a cause to build. */
function idle(): Outcome {
  return stalled({ status: 'Unknown', reason: 'InternalError', message: 'no build is recorded and none is wanted' });
}

function nextLook(build: BuildStatus, { builder, shared }: Going, now: number): number | undefined {
  // Its time is counted where it runs.
  if (shared) return shared.kind === 'going' ? shared.until : now + untoldMs;
  const adopted = build.sequence === undefined ? now + untoldMs : undefined;
  return earliest(adopted, builder && deadlineOf(builder));
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter(time => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Notes when the wait began, once. */
function awaitFirst({ draft, now }: Context): void {
  const watch: WatchStatus = draft.status.watch ?? {};
  if (watch.awaitingSince === undefined) draft.set({ watch: { ...watch, awaitingSince: momentText(now) } });
}
