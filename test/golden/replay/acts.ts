// Does in our cluster what a step did in the recording.
import { parseDuration } from '../../../src/function/duration.ts';
import { kinds } from '../../../src/function/kinds.ts';
import type { Kind } from '../../../src/platform/kube/kube.ts';
import type { Stage as RecordedStage } from '../cases.ts';
import { type Deed, type Deletable, deedOf, type Path } from './deed.ts';
import { endOf, runStatusOf } from './ends.ts';
import { differing, fieldOf, otherThan, withField } from './field.ts';
import { playEnds } from './run-ends.ts';
import type { Scenery } from './scenery.ts';

/** Repeats the step; what the recording edited without saying so is edited too. False: there was nothing to do. */
export async function act(scenery: Scenery): Promise<boolean> {
  const { stages, at } = scenery;
  const deed = deedOf(stages[at]?.name ?? '');
  if (deed.kind === 'look') return editSilently(scenery);
  if (deed.kind === 'elsewhere') return false;
  await perform(scenery, deed);
  return true;
}

async function perform(scenery: Scenery, deed: Deed): Promise<void> {
  const { stage, name } = scenery;
  if (deed.kind === 'edit') {
    const path = deed.path ?? lastEdited(scenery);
    return stage.edit(name, object => withField(object, path, valueAfter(scenery, { ...deed, path }, object)));
  }
  if (deed.kind === 'add') {
    return stage.edit(name, object => withField(object, deed.path, finalField(scenery, deed.path)));
  }
  if (deed.kind === 'remove') return stage.edit(name, object => withField(object, deed.path, undefined));
  if (deed.kind === 'delete') return remove(scenery, deed.what);
  if (deed.kind === 'write') return write(scenery, deed);
  if (deed.kind === 'wait') return wait(scenery, deed.field);
  if (deed.kind === 'run') return sayOfRun(scenery, deed.says);
}

/** What stands in the Function in the end; before it was deleted, what was applied. */
function finalField({ recorded, name }: Scenery, path: Path): unknown {
  const isIt = (object: { kind: string; metadata: { name: string } }) =>
    object.kind === 'Function' && object.metadata.name === name;
  return fieldOf(recorded.stored.find(isIt) ?? recorded.input.find(isIt), path);
}

function lastEdited({ stages, at }: Scenery): Path {
  const before = stages.slice(0, at).map(({ name }) => deedOf(name));
  return before.findLast(deed => deed.kind === 'edit')?.path ?? ['spec', 'serving', 'params'];
}

interface Edit {
  readonly path: Path;
  readonly to?: string;
}

/** What the recording tells of the field's next value; else any other one. */
function valueAfter(scenery: Scenery, edit: Edit, object: unknown): unknown {
  const { path, to } = edit;
  if (to !== undefined) return to;
  const { stages, at } = scenery;
  const isFinal = !stages.some((_, index) => index > at && isSilentEdit(scenery, index));
  const old = fieldOf(object, path);
  const later = stages.slice(at + 1).map(({ name }) => deedOf(name));
  const next = later.find(each => each.kind === 'edit' && String(each.path) === String(path));
  if (next?.kind === 'edit' && next.from !== undefined) return next.from;
  const known = [...(isFinal && next === undefined ? [finalField(scenery, path)] : []), builtField(scenery, path)];
  return known.find(value => value !== undefined && differing(value, old).length > 0) ?? otherThan(old, at);
}

/** The field in the Builder that appeared in this step, where it is still there in the end. */
function builtField({ recorded, stages, at }: Scenery, [, part, ...rest]: Path): unknown {
  const appeared = newBuilder(stages[at]);
  const builder = recorded.objects.find(({ kind, metadata }) => kind === 'Builder' && metadata.name === appeared);
  if (part === 'build') return fieldOf(builder?.['spec'], rest);
  return part === undefined ? undefined : fieldOf(builder?.['spec'], [part, ...rest]);
}

function newBuilder(stage: RecordedStage | undefined): string | undefined {
  return stage?.appeared.find(key => key.startsWith('Builder/'))?.slice('Builder/'.length);
}

/** Where the recording shows a build of other inputs, and no step that says why: a field that changes up to the end changes now. */
async function editSilently(scenery: Scenery): Promise<boolean> {
  const { recorded, stages, at, name, stage } = scenery;
  const isEdit = isSilentEdit(scenery, at);
  if (isEdit) {
    const input = recorded.input.find(({ kind, metadata }) => kind === 'Function' && metadata.name === name);
    const build: Path = ['spec', 'build'];
    const [changed] = differing(fieldOf(input, build), finalField(scenery, build));
    if (changed === undefined) throw new Error(`nothing tells what "${stages[at]?.name}" edited`);
    const path = [...build, ...changed];
    await stage.edit(name, object => withField(object, path, valueAfter(scenery, { path }, object)));
  }
  const isEnd = at > 0 && at === stages.length - 1 && recorded.crashed;
  if (isEnd) await endEdit(scenery);
  return isEdit || isEnd;
}

function isSilentEdit({ stages, name }: Scenery, at: number): boolean {
  const hashAt = (index: number) => fieldOf(stages[index]?.statuses['Function']?.[name], ['build', 'resourceHash']);
  if (at === 0 || deedOf(stages[at]?.name ?? '').kind !== 'look') return false;
  return hashAt(at) !== undefined && hashAt(at - 1) !== undefined && hashAt(at) !== hashAt(at - 1);
}

/** A recording that ends in a crash does not tell its last step: the Function as it was stored does. */
async function endEdit(scenery: Scenery): Promise<void> {
  const { stage, name } = scenery;
  const isServed = finalField(scenery, ['spec', 'serving']) !== undefined;
  if (isServed) return;
  await playEnds(scenery);
  await stage.settle();
  await stage.edit(name, object => withField(object, ['spec', 'serving'], undefined));
}

const deletable: Readonly<Record<Deletable, Kind>> = {
  Function: kinds.function,
  Builder: kinds.builder,
  Build: kinds.build,
  BuildRun: kinds.buildRun,
  Serving: kinds.serving,
};

async function remove({ stage, name }: Scenery, what: Deletable): Promise<void> {
  const newest = what === 'Function' ? name : (await stage.all(deletable[what])).at(-1)?.metadata.name;
  if (newest === undefined) throw new Error(`there is no ${what} to delete`);
  await stage.remove(deletable[what], newest);
}

async function write(scenery: Scenery, { members, blanks }: Extract<Deed, { kind: 'write' }>): Promise<void> {
  const { stages, at, stage, name } = scenery;
  const status = stages[at]?.statuses['Function']?.[name];
  const told = Object.fromEntries(members.map(member => [member, fieldOf(status, [member])]));
  const blank = Object.fromEntries(blanks.map(member => [member, '']));
  const serving = blanks.length === 0 ? {} : { serving: blank };
  await stage.writeStatus(kinds.function, name, { ...told, ...serving });
}

async function wait({ stage, name }: Scenery, field: 'timeout' | 'builderMaxAge'): Promise<void> {
  const object = await stage.read(kinds.function, name);
  const ofBuild = fieldOf(object, ['spec', 'build', field]);
  const ms = parseDuration(String(ofBuild ?? fieldOf(object, ['spec', 'serving', field])));
  if (ms === undefined) throw new Error(`the Function has no ${field} to wait for`);
  stage.advance(ms + 1000);
}

async function sayOfRun(scenery: Scenery, says: Extract<Deed, { kind: 'run' }>['says']): Promise<void> {
  const { stage, recorded, tokens } = scenery;
  const [build] = (await stage.all(kinds.build)).toReversed();
  const [run] = (await stage.all(kinds.buildRun)).toReversed();
  if (build === undefined || run === undefined) throw new Error('there is no BuildRun that could say something');
  const at = new Date(stage.now).toISOString();
  const condition = { type: 'Succeeded', reason: 'Pending', message: '', lastTransitionTime: at };
  if (says === 'registered False') {
    const message = Object.values(recorded.history)
      .flat()
      .map(status => String(fieldOf(status, ['message'])));
    const reason = /reason: (\w+)/.exec(message.join('\n'))?.[1] ?? 'Failed';
    await stage.writeStatus(kinds.build, build.metadata.name, { registered: 'False', reason, message: '' });
  } else if (says === 'succeeded') {
    const first = tokens.text(build.metadata.labels?.['openfunction.io/builder'] ?? '');
    const good = { state: 'Succeeded', reason: 'Succeeded', message: '', output: undefined, sources: [] };
    await stage.writeStatus(kinds.buildRun, run.metadata.name, runStatusOf(endOf(recorded, first) ?? good, stage.now));
  } else {
    const status = says === 'Unknown' ? 'Unknown' : 'False';
    await stage.writeStatus(kinds.buildRun, run.metadata.name, { conditions: [{ ...condition, status }] });
  }
}
