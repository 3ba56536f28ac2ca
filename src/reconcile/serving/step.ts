// The step "serving": whether another Serving is wanted, and its creation. What a Serving becomes in the cluster is its runtime's business.
import { decideServing } from '../../decide/decide.ts';
import { momentText } from '../../function/conditions.ts';
import { kinds } from '../../function/kinds.ts';
import { servingName } from '../../function/names.ts';
import { parseServing } from '../../function/schema.ts';
import type { ServingSpec } from '../../function/schema-serving.ts';
import type { ServingStageStatus } from '../../function/status.ts';
import { KubeError } from '../../platform/kube/kube.ts';
import { servingInputHash, wantedServing } from '../../serving/plan.ts';
import { isSameServing, servingFor } from '../../serving/serving.ts';
import { noted } from '../adopted.ts';
import { createOrGet } from '../build/start.ts';
import { type Context, sharedFacts } from '../context.ts';
import { withoutAbsent } from '../draft.ts';
import { type Outcome, stalled, waiting } from '../outcome.ts';
import { settleDigest } from './digest.ts';
import { readServing, servingFacts } from './facts.ts';
import { frozenOutcome, heldOutcome, servingOutcome } from './said.ts';
import { skipServing } from './skip.ts';

const retryMs = 10_000;
const mostCollisions = 5;

/** Serves, or says why not. */
export async function servingStep(context: Context): Promise<Outcome> {
  const { fn, draft, findings } = context;
  if (fn.spec.serving === undefined) return skipServing(context);
  const built = draft.status.build?.state;
  // A build that has just succeeded is served even where the next one has begun already.
  const isBuilt = built === 'Succeeded' || built === 'Skipped' || findings.justBuilt === true;
  if (!isBuilt || findings.outdated) return frozenOutcome(draft.status);
  const current = await readServing(context, draft.status.serving?.resourceRef);
  const held = settleDigest(context, current);
  if (held?.reason === 'AwaitingFirstObservation') return heldOutcome(draft.status.serving, held);
  const digest = draft.status.revision?.imageDigest;
  const spec = wantedServing(fn, digest);
  if (spec === undefined) return skipServing(context);
  const facts = servingFacts(context, spec, current);
  const decision = decideServing(sharedFacts(context, 'serving'), facts);
  if (decision.verdict === 'serve') return serve(context, { spec, digest, cause: decision.cause });
  if (decision.verdict === 'hold') {
    if (decision.cause === 'SpecChanged' && !draft.status.serving?.inputHash) findings.unseenEdit = true;
    return heldOutcome(draft.status.serving, decision.hold);
  }
  if (current === undefined) return complete(context, spec);
  const { serving } = draft.status;
  if (serving) draft.set({ serving: noted(serving, facts.inputHash) });
  return held === undefined ? servingOutcome(draft.status.serving) : heldOutcome(draft.status.serving, held);
}

interface Order {
  readonly spec: ServingSpec;
  readonly digest: string | undefined;
  readonly cause: string;
}

/** Records the new Serving under the next sequence, and creates it. */
async function serve(context: Context, { spec, digest, cause }: Order): Promise<Outcome> {
  const { draft, fn, now } = context;
  for (let attempt = 0; attempt < mostCollisions; attempt += 1) {
    const sequence = draft.nextSequence;
    const { lastSuccessfulResourceRef } = draft.status.serving ?? {};
    const serving = withoutAbsent<ServingStageStatus>({
      state: 'Created',
      resourceRef: servingName(fn.metadata.uid, sequence),
      lastSuccessfulResourceRef,
      sequence,
      revision: digest,
      inputHash: servingInputHash(spec),
      cause,
      startedAt: momentText(now),
    });
    draft.set({ serving, sequence });
    await context.commit(servingOutcome(serving));
    const outcome = await create(context, spec);
    if (outcome !== 'taken') return outcome;
  }
  return waiting(
    { status: 'Unknown', reason: 'NameTaken', message: 'names of Servings are taken; the next one is tried' },
    now,
  );
}

/** A recorded Serving that is not there: its creation was interrupted, or somebody deleted it before it ran. */
async function complete(context: Context, spec: ServingSpec): Promise<Outcome> {
  const outcome = await create(context, spec);
  const { revision, cause = 'First' } = context.draft.status.serving ?? {};
  return outcome === 'taken' ? serve(context, { spec, digest: revision, cause }) : outcome;
}

async function create({ options, fn, draft, now }: Context, spec: ServingSpec): Promise<Outcome | 'taken'> {
  const { resourceRef: name = '', sequence = 0 } = draft.status.serving ?? {};
  const attempt = { name, sequence };
  try {
    const object = servingFor(fn, attempt, spec);
    const parsed = parseServing(await createOrGet(options.kube, { kind: kinds.serving, object }));
    if (!('ok' in parsed) || !isSameServing(parsed.ok, { fn, attempt, spec })) return 'taken';
  } catch (error) {
    if (!(error instanceof KubeError) || error.status === 0 || error.status === 429 || error.status >= 500) throw error;
    const said = {
      status: 'False',
      reason: 'ServingStartFailed',
      message: `${name} could not be created: ${error.message}`,
    } as const;
    return error.status === 422 || error.status === 400 ? stalled(said) : waiting(said, now + retryMs);
  }
  return servingOutcome(draft.status.serving);
}
