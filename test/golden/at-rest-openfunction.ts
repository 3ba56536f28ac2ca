// What OpenFunction's own controllers would do with a Function that they find: the rules of their source, told anew, with hashes as
// opaque texts. Going back costs what this says.
//
// Where revflow built or served by itself meanwhile, its status has no `resourceHash` there: OpenFunction then builds once (rule 1), and
// serves what it built; where only another image was served, it serves once. It starts no Builder and touches no run that revflow made:
// those have ended, or are followed by their names in the Builder's status. Fields that its definitions do not have are pruned.
import { type BuilderObject, type FunctionObject, parseBuilder } from '../../src/function/schema.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';

/** What OpenFunction computes for the spec as it stands. */
export interface Hashes {
  readonly build: string | undefined;
  readonly serving: string | undefined;
}

/** What is there besides the Function. */
export interface Around {
  readonly builders: readonly BuilderObject[];
  /** Names. */
  readonly servings: readonly string[];
}

/** What a namespace holds of that. */
export function aroundIn(objects: Iterable<KubeObject>): Around {
  const all = [...objects];
  const builders = all.filter(({ kind }) => kind === 'Builder').map(object => parseBuilder(object));
  return {
    builders: builders.flatMap(parsed => ('ok' in parsed ? parsed.ok : [])),
    servings: all.filter(({ kind }) => kind === 'Serving').map(({ metadata }) => metadata.name),
  };
}

/** Everything that it would do, in words; empty: nothing. */
export function openFunctionDoes(fn: FunctionObject, hashes: Hashes, around: Around): readonly string[] {
  const build = buildRule(fn, hashes.build, around);
  // A build that is wanted keeps serving as it is until it has ended.
  const serving = build === undefined ? servingRule(fn, hashes.serving, around) : undefined;
  return [
    ...(build === undefined ? copied(fn, around) : [`builds: ${build}`]),
    ...(serving === undefined ? [] : [`serves: ${serving}`]),
    ...unstarted(around),
  ];
}

/** `needBuilder`: the first rule that holds. */
function buildRule({ spec, status }: FunctionObject, wanted: string | undefined, around: Around): string | undefined {
  const { build } = status ?? {};
  if (build === undefined) return 'there is no status.build';
  if (!build.resourceHash) return 'status.build.resourceHash is empty';
  if (!build.resourceRef && spec.build !== undefined) return 'status.build.resourceRef is empty';
  if (build.resourceHash !== wanted) return 'the hash is another';
  const isThere = around.builders.some(({ metadata }) => metadata.name === build.resourceRef);
  const isGone = spec.build !== undefined && !isThere && build.state !== 'Succeeded';
  return isGone ? 'the Builder of a build that did not succeed is gone' : undefined;
}

/** `needServing`. */
function servingRule({ spec, status }: FunctionObject, wanted: string | undefined, around: Around): string | undefined {
  const { build, serving } = status ?? {};
  if (serving === undefined) return undefined;
  if (build !== undefined && build.state !== 'Succeeded' && build.state !== 'Skipped') return undefined;
  if (!serving.state) return 'status.serving.state is empty';
  if (!serving.resourceHash) return 'status.serving.resourceHash is empty';
  if (!serving.resourceRef && spec.serving !== undefined) return 'status.serving.resourceRef is empty';
  if (serving.resourceHash !== wanted) return 'the hash is another';
  const isThere = around.servings.includes(serving.resourceRef ?? '');
  return spec.serving !== undefined && !isThere ? 'the Serving is gone' : undefined;
}

/** Where no build is wanted, what the Builder says is copied when it says something else. */
function copied({ status }: FunctionObject, { builders }: Around): readonly string[] {
  const { state, reason, message, resourceRef } = status?.build ?? {};
  const said = builders.find(({ metadata }) => metadata.name === resourceRef)?.status;
  if (!state || said?.phase !== 'Build') return [];
  const isSame = said.state === state && said.reason === reason && said.message === message;
  return isSame ? [] : [`copies ${said.state} of ${resourceRef}`];
}

/** Its Builder controller starts every Builder that says nothing of a run. */
function unstarted({ builders }: Around): readonly string[] {
  const fresh = builders.filter(({ status }) => !status?.state || (!status.phase && status.state === 'Building'));
  return fresh.map(({ metadata }) => `starts ${metadata.name}`);
}
