// What `revflow export` does: the run of each Function as a cluster without revflow takes it, a file for each object.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../../build/backend.ts';
import { backends } from '../../build/backends.ts';
import { wantedBuilder } from '../../build/plan.ts';
import { readAnnotations } from '../../function/annotations.ts';
import { kinds } from '../../function/kinds.ts';
import { functionLabel, labels, uidOfUnsaved } from '../../function/names.ts';
import { type FunctionObject, parseBuilder } from '../../function/schema.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { formatYaml } from '../../platform/yaml.ts';
import { checkFits, readyFunctions } from './render-functions.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';

export interface ExportOrder {
  readonly files: readonly string[];
  readonly dir: string;
  readonly engine: Backend['engine'];
  /** Full commit id or digest; undefined: as written. */
  readonly revision: string | undefined;
  /** Of Functions that name none; undefined: `default`. */
  readonly namespace: string | undefined;
}

/** Writes all files, or says what is wrong with some Functions and then writes none. Prints the names of the files. */
export async function exportFunctions(order: ExportOrder, terminal: Terminal): Promise<ExitCode> {
  const functions = await readyFunctions(order, terminal);
  if (functions === undefined) return exitCodes.terminal;
  const objects = functions.flatMap(fn => runObjects(fn, order));
  await mkdir(order.dir, { recursive: true });
  for (const object of objects) {
    const { namespace = '', name } = object.metadata;
    const file = join(order.dir, `${namespace}.${name}.${object.kind.toLowerCase()}.yaml`);
    await writeFile(file, formatYaml(object));
    terminal.out.write(`${file}\n`);
  }
  return exitCodes.done;
}

/** Nothing for a Function that only serves. */
function runObjects(fn: FunctionObject, { engine, revision }: ExportOrder): readonly KubeObject[] {
  const spec = wantedBuilder(fn, revision);
  const backend = backends.find(candidate => candidate.engine === engine);
  if (spec === undefined || backend === undefined) return [];
  checkFits(fn, revision, false);
  const { namespace, name } = fn.metadata;
  const { apiVersion, kind } = kinds.builder;
  const owner = { apiVersion: fn.apiVersion, kind: fn.kind, name, uid: fn.metadata.uid, controller: true };
  const metadata = {
    name: exportName(name, revision),
    namespace,
    uid: uidOfUnsaved(namespace, name),
    ownerReferences: [owner],
  };
  const parsed = parseBuilder({ apiVersion, kind, metadata, spec });
  if ('problems' in parsed) throw new TypeError(`a Builder of our own making cannot be read: ${metadata.name}`);
  const insecureRegistry = readAnnotations(fn.metadata.annotations).watch?.params.insecureRegistry ?? false;
  const emitted = backend.emit({ builder: parsed.ok, revision, insecureRegistry });
  return emitted.map(({ object }) => alone(object, fn));
}

/** At most 50 characters: the Function, and what it is pinned to. */
function exportName(name: string, revision: string | undefined): string {
  const pin = revision === undefined ? '' : `-${revision.replace(/^sha256:/, '').slice(0, 8)}`;
  return `${functionLabel(name)
    .slice(0, 40)
    .replace(/[-.]+$/, '')}${pin}`;
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
