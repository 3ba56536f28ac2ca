// What `revflow export` does: the run of each Function as a cluster without revflow takes it, a file for each object.
import type { Backend } from '../../build/backend.ts';
import { wantedBuilder } from '../../build/plan.ts';
import { backendFor } from '../../build/target.ts';
import { canonicalJson, sha256 } from '../../function/hash.ts';
import { kinds } from '../../function/kinds.ts';
import { functionLabel, labels, uidOfUnsaved } from '../../function/names.ts';
import type { FunctionObject } from '../../function/schema.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { formatYaml } from '../../platform/yaml.ts';
import { checkFits, type GeneratorOrder, judge, type Made, makeRun, readSources, type Source } from './generator.ts';
import type { Manifest } from './manifests.ts';
import { inStableOrder } from './stable-order.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';
import { writeFiles } from './written-files.ts';

export interface ExportOrder extends GeneratorOrder {
  readonly dir: string;
  readonly engine: Backend['engine'];
}

/** The first line of every file. */
const head = '# Written by revflow export; changes are lost.';

/** Writes all files, or says what is wrong with some Functions and then writes none. Prints the names of the files. */
export async function exportFunctions(order: ExportOrder, terminal: Terminal): Promise<ExitCode> {
  const sources = await readSources(order, terminal);
  if (sources === undefined) return exitCodes.terminal;
  const made = sources.functions.map(source => makeAlone(source, order, sources.manifests));
  if (!judge(made, order.target, terminal)) return exitCodes.terminal;
  const objects = made.flatMap(each => each.objects).map(inStableOrder);
  const files = new Map(objects.map(object => [fileName(object), formatYaml(object)]));
  if (files.size < objects.length) throw new TypeError('two objects to export have one name');
  const paths = await writeFiles(order.dir, files, head);
  terminal.out.write(paths.map(path => `${path}\n`).join(''));
  return exitCodes.done;
}

function fileName({ kind, metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}.${name}.${kind.toLowerCase()}.yaml`;
}

/** Nothing for a Function that only serves. */
function makeAlone(source: Source, order: ExportOrder, manifests: readonly Manifest[]): Made {
  const { fn } = source;
  const { engine, revision, target } = order;
  const spec = wantedBuilder(fn, revision);
  const backend = backendFor(engine, target);
  if (spec === undefined || backend === undefined) return { source, objects: [], problems: [], warnings: [] };
  checkFits(fn, revision, false);
  const { namespace, name, uid } = fn.metadata;
  const owner = { apiVersion: fn.apiVersion, kind: fn.kind, name, uid, controller: true };
  const { apiVersion, kind } = kinds.builder;
  const make = (called: string) => {
    const metadata = { name: called, namespace, uid: uidOfUnsaved(namespace, name), ownerReferences: [owner] };
    return makeRun(source, { apiVersion, kind, metadata, spec }, { backend, revision, manifests });
  };
  const base = baseName(name, revision);
  // A run never changes once it has begun: what is made from other inputs is another run.
  const made = make(`${base}-${shortHash(make(base).objects)}`);
  return { ...made, objects: made.objects.map(object => alone(object, fn)) };
}

const longestName = 36;

/** The Function, and what it is pinned to; with the hash and what names of objects end in at most 63 characters, and no two alike. */
function baseName(name: string, revision: string | undefined): string {
  const pin = revision === undefined ? '' : `-${revision.replace(/^sha256:/, '').slice(0, 8)}`;
  if (name.length <= longestName) return `${name}${pin}`;
  const short = name.slice(0, longestName - 9).replace(/[-.]+$/, '');
  return `${short}-${sha256(name).slice(0, 8)}${pin}`;
}

function shortHash(objects: readonly KubeObject[]): string {
  return sha256(canonicalJson(objects)).slice(0, 8);
}

/** Without an owner, which would not be there. */
function alone({ metadata, ...object }: KubeObject, fn: FunctionObject): KubeObject {
  const { name, namespace } = metadata;
  const { apiVersion, kind, ...rest } = object;
  const own = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { [labels.function]: functionLabel(fn.metadata.name) },
  };
  return { apiVersion, kind, metadata: own, ...rest };
}
