// Replays one recorded case: the same input, steps and statuses from outside; what differs comes out as lines.
import { kinds } from '../../../src/function/kinds.ts';
import type { Kind } from '../../../src/platform/kube/kube.ts';
import type { TestCluster } from '../../servers/api-server.ts';
import type { GoldenCase, Stage as RecordedStage } from '../cases.ts';
import type { Difference } from '../differences.ts';
import { act } from './acts.ts';
import { compareHistories } from './chronicle.ts';
import { compareEvents } from './events.ts';
import { fieldOf, isPlain } from './field.ts';
import { Findings } from './findings.ts';
import { Hashes } from './hashes.ts';
import { applyInput, compareRefusals } from './refusal.ts';
import { playAllEnds, playEarlierEnds, playEnds } from './run-ends.ts';
import { compare, ourObjects, ourScene, theirObjects, theirScene } from './scene.ts';
import type { Scenery } from './scenery.ts';
import { Stage, statusOf } from './stage.ts';
import { Tokens } from './tokens.ts';

export interface Replay {
  /** What differs and is no difference of every case, as `step: object field: theirs → ours`, in order. */
  readonly lines: readonly string[];
  /** Reasons of the general differences that were met. */
  readonly general: ReadonlySet<string>;
  /** The cluster as it was left. */
  readonly stage: Stage;
}

/** Why a case cannot be replayed yet; undefined: it can. */
export function unplayable({ input, folder }: GoldenCase): string | undefined {
  if (input.some(({ kind, apiVersion }) => kind === 'Function' && apiVersion.endsWith('/v1beta1'))) {
    return `${folder}: v1beta1 is not served yet`;
  }
  if (input.some(({ kind }) => kind === 'Gateway')) return `${folder}: is about a Gateway, and nothing routes yet`;
  return undefined;
}

/** Throws with the folder and the cause when something in the recording cannot be repeated, or revflow stumbles over it. */
export async function replay(cluster: TestCluster, recorded: GoldenCase): Promise<Replay> {
  try {
    return await play(cluster, recorded);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`${recorded.folder}: ${cause}`, { cause: error });
  }
}

async function play(cluster: TestCluster, recorded: GoldenCase): Promise<Replay> {
  const functions = recorded.input.filter(({ kind }) => kind === 'Function').map(({ metadata }) => metadata.name);
  const stage = await Stage.open(cluster, functions);
  const findings = new Findings();
  const refusal = await applyInput(stage, recorded);
  const [name] = functions;
  const theirs = recorded.input[0]?.metadata.namespace ?? '';
  const tokens = new Tokens(recorded, { ours: stage.namespace, theirs });
  const isRefused = recorded.rejected.length > 0 || refusal !== undefined;
  if (recorded.rejected.length > 0) findings.add(await compareRefusals(stage, recorded, refusal));
  else if (refusal !== undefined) findings.add([{ ...atApply, theirs: 'taken', ours: refusal }]);
  else if (name !== undefined) await perform({ recorded, stage, tokens, hashes: new Hashes(), name, findings });
  const told = await stage.close();
  if (!isRefused) findings.add(compareHistories(recorded, told, tokens));
  const faults = [...stage.worlds.values()].flatMap(world => world.faults);
  if (faults.length > 0) throw new Error(`revflow calls something its own fault: ${JSON.stringify(faults)}`);
  return { stage, lines: findings.lines(tokens), general: findings.general };
}

const atApply = { at: 'apply', object: 'input', field: '' };

interface Run extends Pick<Scenery, 'recorded' | 'stage' | 'tokens' | 'name'> {
  readonly hashes: Hashes;
  readonly findings: Findings;
}

async function perform(run: Run): Promise<void> {
  const { recorded, stage, tokens, findings } = run;
  await meet(run, tokens.builders.next, tokens.servings.next);
  const first = recorded.building.find(({ kind }) => kind === 'Builder')?.metadata.name;
  const isAtOnce = first !== undefined && tokens.builders.oursOf(first) !== undefined;
  if (isAtOnce) await compareObjects(run, 'building');
  const stages = recorded.steps.length > 0 ? recorded.steps : recorded.stages;
  for (const [at, told] of stages.entries()) {
    await playStage({ ...run, stages, at }, told);
    await compareStage(run, told);
    // The first build that was seen going was not the very first.
    if (at === 0 && first !== undefined && !isAtOnce) await compareObjects(run, 'building');
  }
  await compareObjects(run, 'at rest');
  await playAllEnds({ ...run, stages, at: stages.length - 1 });
  await stage.settle();
  const events = [...stage.worlds.values()].flatMap(world => world.events);
  findings.add(compareEvents(recorded, events, tokens));
  findings.add(await idleWrites(stage));
}

/** What is settled costs no write, whoever asks again. */
async function idleWrites(stage: Stage): Promise<readonly Difference[]> {
  const written: string[] = [];
  for (const world of stage.worlds.values()) {
    world.requests.length = 0;
    await world.reconcile();
    written.push(...world.requests.filter(request => !/^(?:get|list) /.test(request)));
  }
  return written.map(object => ({ at: 'looked at again', object, field: '', theirs: undefined, ours: 'written' }));
}

async function playStage(scenery: Scenery, told: RecordedStage): Promise<void> {
  const { stage } = scenery;
  if (await playEarlierEnds(scenery)) await stage.settle();
  if (await act(scenery)) await stage.settle();
  await meet(scenery, refIn(told, scenery.name, 'build'), refIn(told, scenery.name, 'serving'));
  if (await playEnds(scenery)) await stage.settle();
  if (await playServing(scenery, told)) await stage.settle();
}

/** Our children that are new stand for recorded ones, up to those that the recording has come to. */
async function meet(
  { stage, tokens }: Pick<Scenery, 'stage' | 'tokens'>,
  builder: string | undefined,
  serving: string | undefined,
): Promise<void> {
  const names = async (kind: Kind) => (await stage.all(kind)).map(({ metadata }) => metadata.name);
  tokens.builders.met(await names(kinds.builder), builder);
  tokens.servings.met(await names(kinds.serving), serving);
}

function refIn({ statuses }: RecordedStage, name: string, part: 'build' | 'serving'): string | undefined {
  const ref = fieldOf(statuses['Function']?.[name], [part, 'resourceRef']);
  return typeof ref === 'string' ? ref : undefined;
}

async function compareStage(run: Run, told: RecordedStage): Promise<void> {
  const { stage, tokens, hashes, name, findings } = run;
  await meet(run, refIn(told, name, 'build'), refIn(told, name, 'serving'));
  tokens.builders.reached(refIn(told, name, 'build'));
  tokens.servings.reached(refIn(told, name, 'serving'));
  const theirs = theirScene(told);
  findings.add(compare(told.name, theirs, await ourScene(stage, { tokens, hashes }, theirs)), theirs);
}

async function compareObjects({ recorded, stage, tokens, findings }: Run, at: 'building' | 'at rest'): Promise<void> {
  const theirs = theirObjects(at === 'building' ? recorded.building : recorded.objects);
  findings.add(compare(at, theirs, await ourObjects(stage, tokens)), theirs);
}

const shownServing = ['state', 'reason', 'message', 'service'] as const;

/** Nothing here runs Servings yet: what became of them is written into the Function as it was recorded. */
async function playServing({ stage, name }: Scenery, told: RecordedStage): Promise<boolean> {
  const serving = fieldOf(told.statuses['Function']?.[name], ['serving']);
  const ours = statusOf(await stage.read(kinds.function, name))['serving'];
  if (!isPlain(serving) || !isPlain(ours) || ours['resourceRef'] === undefined) return false;
  const { state } = serving;
  if (state === undefined || state === 'Created' || state === 'Skipped' || state === ours['state']) return false;
  const picked = Object.fromEntries(shownServing.map(member => [member, serving[member]]));
  const good = state === 'Running' ? { lastSuccessfulResourceRef: ours['resourceRef'] } : {};
  await stage.writeStatus(kinds.function, name, { serving: { ...picked, ...good } });
  return true;
}
