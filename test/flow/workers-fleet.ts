// Many Functions, each on a branch of its own: pushed to, and watched until every last revision is served.
import { kinds } from '../../src/function/kinds.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { eventually } from '../eventually.ts';
import { digestOf } from './builder-farm.ts';
import type { FunctionParts, System } from './system.ts';
import { type Branch, prepareBranches } from './workers-repositories.ts';

export interface FleetSize {
  /** Functions. */
  readonly count: number;
  /** Functions on one repository. */
  readonly each: number;
  /** How often each can be pushed to. */
  readonly pushes: number;
}

export interface Fleet {
  /** Pushes that were made, those before `startFleet` left out. */
  readonly pushes: number;
  /** One push to each of the Functions, or to some of them. */
  push(some?: { readonly from?: number; readonly count?: number }): void;
  /** Waits until so many runs were created since the last push began. */
  untilBuilt(more: number): Promise<void>;
  /** Waits until each Function serves the last revision of its branch, and nothing else is left of any. */
  untilServed(ms?: number): Promise<void>;
  /** Function and revision of every build that was created more than once. */
  builtTwice(): readonly string[];
}

const createdAtOnce = 8;

/** Creates the Functions; they are not waited for. */
export async function startFleet(system: System, size: FleetSize): Promise<Fleet> {
  const branches = await prepareBranches(system.git, size);
  const left = [...branches.entries()];
  const create = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [at, { url, name }] = next;
      await createPatiently(system, nameOf(at), { url, revision: name });
    }
  };
  await Promise.all(Array.from({ length: createdAtOnce }, create));
  let pushes = 0;
  let builtBefore = 0;
  return {
    get pushes() {
      return pushes;
    },
    push({ from = 0, count = branches.length } = {}) {
      builtBefore = system.farm.created.length;
      const some = branches.slice(from, from + count);
      for (const branch of some) branch.push();
      pushes += some.length;
    },
    async untilBuilt(more) {
      await eventually(`${more} more runs`, () => system.farm.created.length >= builtBefore + more, 60_000);
    },
    async untilServed(ms = 120_000) {
      await eventually(
        'every last revision is served',
        async () => (await unserved(system, branches)).length === 0,
        ms,
      );
    },
    builtTwice() {
      const builds = system.farm.created.map(run => `${run.function}@${run.revision}`);
      return [...Map.groupBy(builds, build => build)].filter(([, same]) => same.length > 1).map(([build]) => build);
    },
  };
}

/** So many at once can be too much for a busy machine; one that was created and not confirmed is there. */
async function createPatiently(system: System, name: string, parts: FunctionParts): Promise<void> {
  const ref = { kind: kinds.function, namespace: system.namespace, name };
  await eventually(`Function ${name} is there`, async () => (await system.kube.get(ref)) ?? system.create(name, parts));
}

/** Names of the Functions that do not serve what their branch has. */
async function unserved({ kube, namespace }: System, branches: readonly Branch[]): Promise<readonly string[]> {
  const servings = await kube.list(kinds.serving, { namespace });
  const functions = await kube.list(kinds.function, { namespace });
  const imageOf = new Map(servings.map(serving => [serving.metadata.name, specImage(serving)]));
  const servingOf = new Map(functions.map(fn => [fn.metadata.name, servingNameOf(fn)]));
  return branches.flatMap(({ head }, at) => {
    const name = nameOf(at);
    const image = imageOf.get(servingOf.get(name) ?? '');
    return image?.endsWith(`@${digestOf(name, head)}`) ? [] : [name];
  });
}

function nameOf(at: number): string {
  return `f${at}`;
}

function specImage(serving: KubeObject): string | undefined {
  return Reflect.get(Object(serving['spec']), 'image');
}

function servingNameOf(fn: KubeObject): string | undefined {
  const { status } = fn as { readonly status?: { readonly serving?: { readonly resourceRef?: string } } };
  return status?.serving?.resourceRef;
}
