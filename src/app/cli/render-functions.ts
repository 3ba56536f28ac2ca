// What `revflow render` does: the same plans and the same manifests as the loop's, for Functions that nobody has saved yet.
import { builderFor } from '../../build/builder.ts';
import { wantedBuilder } from '../../build/plan.ts';
import { backendFor } from '../../build/target.ts';
import { readAnnotations } from '../../function/annotations.ts';
import { builderName, servingName, uidOfUnsaved } from '../../function/names.ts';
import type { FunctionObject } from '../../function/schema.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { formatYaml } from '../../platform/yaml.ts';
import { wantedServing } from '../../serving/plan.ts';
import { servingFor } from '../../serving/serving.ts';
import { planWatch } from '../../watch/plan.ts';
import { checkFits, type GeneratorOrder, judge, type Made, makeRun, readSources, type Source } from './generator.ts';
import type { Manifest } from './manifests.ts';
import { inStableOrder } from './stable-order.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';

export interface RenderOrder extends GeneratorOrder {
  readonly output: 'yaml' | 'json';
}

/** Prints the objects of all Functions, or what is wrong with some and then nothing else. */
export async function renderFunctions(order: RenderOrder, terminal: Terminal): Promise<ExitCode> {
  const { out, err } = terminal;
  const sources = await readSources(order, terminal);
  if (sources === undefined) return exitCodes.terminal;
  const made = sources.functions.map(source => makeObjects(source, order, sources.manifests));
  if (!judge(made, order.target, terminal)) return exitCodes.terminal;
  const objects = made.flatMap(each => each.objects).map(inStableOrder);
  if (order.output === 'yaml') out.write(objects.map(object => formatYaml(object)).join('---\n'));
  else out.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)}\n`);
  if (sources.functions.some(({ fn }) => fn.spec.build && fn.spec.serving)) {
    err.write("the digest in a Serving's image is known when its build has ended; until then it is as written\n");
  }
  return exitCodes.done;
}

/** What one Function creates, in the order of creation. A watched function image that changes is served, and nothing is built. */
function makeObjects(source: Source, order: RenderOrder, manifests: readonly Manifest[]): Made {
  const { fn } = source;
  const { revision } = order;
  const plan = planWatch(fn);
  const isImage = plan.kind === 'watched' && plan.watch.type === 'image' && revision !== undefined;
  checkFits(fn, revision, isImage || fn.spec.build === undefined);
  const digest = isImage || fn.spec.build === undefined ? revision : undefined;
  const built = isImage ? nothing(source) : makeBuild(source, order, manifests);
  const served = servingObjects(fn, { digest, sequence: built.objects.length === 0 ? 1 : 2 });
  return { ...built, objects: [...built.objects, ...served] };
}

function nothing(source: Source): Made {
  return { source, objects: [], problems: [], warnings: [] };
}

function makeBuild(source: Source, { revision, target }: RenderOrder, manifests: readonly Manifest[]): Made {
  const { fn } = source;
  const spec = wantedBuilder(fn, revision);
  const { engine, hooks } = readAnnotations(fn.metadata.annotations);
  const backend = backendFor(engine ?? (hooks.hooks ? 'tekton' : 'shipwright'), target);
  if (spec === undefined || backend === undefined) return nothing(source);
  const { namespace, uid } = fn.metadata;
  const builder = builderFor(fn, { name: builderName(uid, 1), sequence: 1 }, spec);
  const saved = { ...builder, metadata: { ...builder.metadata, uid: uidOfUnsaved(namespace, builder.metadata.name) } };
  const made = makeRun(source, saved, { backend, revision, manifests });
  return { ...made, objects: [builder, ...made.objects] };
}

interface ServingOrder {
  readonly digest: string | undefined;
  readonly sequence: number;
}

function servingObjects(fn: FunctionObject, { digest, sequence }: ServingOrder): readonly KubeObject[] {
  const spec = wantedServing(fn, digest);
  if (spec === undefined) return [];
  return [servingFor(fn, { name: servingName(fn.metadata.uid, sequence), sequence }, spec)];
}
