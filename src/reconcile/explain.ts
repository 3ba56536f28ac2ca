// Why a Function is built or served, or not: the very decisions of the loop, with their traces, and nothing is written.
import { wantedBuilder } from '../build/plan.ts';
import { type BuildDecision, decideBuild, decideServing, type ServingDecision } from '../decide/decide.ts';
import type { Hold } from '../decide/rule.ts';
import { readAnnotations } from '../function/annotations.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { Kube } from '../platform/kube/kube.ts';
import { wantedServing } from '../serving/plan.ts';
import { chooseBackend, refuseHooks } from './build/engine.ts';
import { builderIsThere, buildFacts, isLost, lookAtBuild } from './build/facts.ts';
import { lookAtImages } from './build/images.ts';
import { type Reading, type ReconcilerOptions, sharedFacts } from './context.ts';
import { Draft } from './draft.ts';
import { settleDigest } from './serving/digest.ts';
import { readServing, servingFacts } from './serving/facts.ts';
import { type Look, lookAtWatch } from './watch/look.ts';
import { findImages, findWatch } from './watch/step.ts';

export interface ExplainPorts extends Pick<ReconcilerOptions, 'state' | 'credentials' | 'clock' | 'policy'> {
  readonly kube: Pick<Kube, 'get' | 'serves'>;
}

export interface Explanation {
  readonly watch: Look;
  /** Absent: there is no spec.build. */
  readonly build?: BuildDecision;
  /** What keeps a newer digest of a watched function image waiting. */
  readonly digest?: Hold;
  /** Absent: there is no spec.serving. */
  readonly serving?: ServingDecision;
}

/** What the next reconcile of this Function would decide. The Function is as it was read, and passes the checks (`check.ts`). */
export async function explainFunction(ports: ExplainPorts, fn: FunctionObject): Promise<Explanation> {
  const watch = await lookAtWatch(ports, fn);
  const reading: Reading = {
    options: ports,
    fn,
    steering: readAnnotations(fn.metadata.annotations),
    // Never written.
    draft: new Draft(fn),
    findings: {},
    now: ports.clock.now(),
  };
  if (watch.kind !== 'unwatched') reading.findings.watch = findWatch(reading, watch);
  findImages(reading, await lookAtImages(ports, fn));
  const build = await explainBuild(reading);
  return { watch, ...(build === undefined ? {} : { build }), ...(await explainServing(reading)) };
}

async function explainBuild(reading: Reading): Promise<BuildDecision | undefined> {
  const spec = wantedBuilder(reading.fn, undefined);
  if (spec === undefined) return undefined;
  const backend = await chooseBackend(reading.options.kube, reading.steering);
  const refused = refuseHooks(backend, reading.steering, reading.now);
  const going = await lookAtBuild(reading, backend);
  const found = buildFacts(reading, spec, going);
  const facts = refused ? { ...found, refused } : found;
  const failed = facts.recorded?.phase === 'failed' && !facts.recorded.pruned && !(await builderIsThere(reading));
  const decision = decideBuild(sharedFacts(reading, 'build'), failed ? { ...facts, builder: 'absent' } : facts);
  return decision.verdict === 'build' && isLost(facts, going) ? { ...decision, verdict: 'cancel' } : decision;
}

async function explainServing(reading: Reading): Promise<Pick<Explanation, 'digest' | 'serving'>> {
  const current = await readServing(reading, reading.draft.status.serving?.resourceRef);
  const digest = settleDigest(reading, current);
  const spec = wantedServing(reading.fn, reading.draft.status.revision?.imageDigest);
  if (spec === undefined) return {};
  const serving = decideServing(sharedFacts(reading, 'serving'), servingFacts(reading, spec, current));
  return digest === undefined ? { serving } : { digest, serving };
}
