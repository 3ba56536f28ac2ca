// What `revflow render` does: the same plans and the same manifests as the loop's, for Functions that nobody has saved yet.
import { backends } from '../../build/backends.ts';
import { builderFor } from '../../build/builder.ts';
import { wantedBuilder } from '../../build/plan.ts';
import { readAnnotations } from '../../function/annotations.ts';
import { builderName, servingName, uidOfUnsaved } from '../../function/names.ts';
import { type FunctionObject, parseBuilder } from '../../function/schema.ts';
import { TerminalError } from '../../platform/errors.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { formatYaml } from '../../platform/yaml.ts';
import { wantedServing } from '../../serving/plan.ts';
import { servingFor } from '../../serving/serving.ts';
import { planWatch } from '../../watch/plan.ts';
import { UsageError } from '../config.ts';
import { functionsOf } from './function-files.ts';
import { readManifests } from './manifests.ts';
import { plain } from './output.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';

export interface RenderOrder {
  readonly files: readonly string[];
  /** Of Functions that name none; undefined: `default`. */
  readonly namespace: string | undefined;
  readonly output: 'yaml' | 'json';
  /** Full commit id or digest; undefined: as written. */
  readonly revision: string | undefined;
}

/** Prints the objects of all Functions, or what is wrong with some and then nothing else. */
export async function renderFunctions(order: RenderOrder, terminal: Terminal): Promise<ExitCode> {
  const { out, err } = terminal;
  const { revision } = order;
  const functions = await readyFunctions(order, terminal);
  if (functions === undefined) return exitCodes.terminal;
  const objects = functions.flatMap(fn => objectsOf(fn, revision));
  if (order.output === 'yaml') out.write(objects.map(object => formatYaml(object)).join('---\n'));
  else out.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)}\n`);
  if (functions.some(fn => fn.spec.build && fn.spec.serving)) {
    err.write("the digest in a Serving's image is known when its build has ended; until then it is as written\n");
  }
  return exitCodes.done;
}

/** The Functions of the files; undefined when some cannot work, which was then told. Throws a UsageError for what is no revision. */
export async function readyFunctions(
  order: Pick<RenderOrder, 'files' | 'namespace' | 'revision'>,
  terminal: Terminal,
): Promise<readonly FunctionObject[] | undefined> {
  const { revision } = order;
  if (revision !== undefined && !isCommit(revision) && !isDigest(revision)) {
    const forms = 'a full commit id (40 or 64 hex digits) or sha256: and 64 hex digits';
    throw new UsageError(`--revision must be ${forms}, found ${JSON.stringify(revision)}`);
  }
  const candidates = functionsOf(await readManifests(order.files, terminal), order.namespace ?? 'default');
  const wrong = candidates.flatMap(({ key, from, problems }) =>
    problems.map(text => `${from}: Function ${key}: ${text}`),
  );
  if (wrong.length > 0) {
    terminal.err.write(wrong.map(line => `${plain(line)}\n`).join(''));
    return undefined;
  }
  return candidates.flatMap(({ fn }) => fn ?? []);
}

/** What one Function creates, in the order of creation. A watched function image that changes is served, and nothing is built. */
function objectsOf(fn: FunctionObject, revision: string | undefined): readonly KubeObject[] {
  const plan = planWatch(fn);
  const isImage = plan.kind === 'watched' && plan.watch.type === 'image' && revision !== undefined;
  checkFits(fn, revision, isImage || fn.spec.build === undefined);
  const digest = isImage || fn.spec.build === undefined ? revision : undefined;
  const built = isImage ? [] : buildObjects(fn, revision);
  return [...built, ...servingObjects(fn, { digest, sequence: built.length === 0 ? 1 : 2 })];
}

/** An id of the other sort says nothing about this source. */
export function checkFits(fn: FunctionObject, revision: string | undefined, isServed: boolean): void {
  if (revision === undefined) return;
  const { namespace, name } = fn.metadata;
  const bundle = fn.spec.build?.srcRepo.bundleContainer;
  const source = isServed ? 'an image' : bundle === undefined ? 'a Git repository' : 'a bundle image';
  const wantsDigest = isServed || bundle !== undefined;
  if (wantsDigest === isDigest(revision)) return;
  const wanted = wantsDigest ? 'a digest, sha256:...' : 'a commit id';
  throw new UsageError(
    `Function ${namespace}/${name} comes from ${source}: --revision must be ${wanted}, found ${revision}`,
  );
}

function buildObjects(fn: FunctionObject, revision: string | undefined): readonly KubeObject[] {
  const spec = wantedBuilder(fn, revision);
  if (spec === undefined) return [];
  const { namespace, name, uid } = fn.metadata;
  const { engine = 'shipwright', watch } = readAnnotations(fn.metadata.annotations);
  const backend = backends.find(candidate => candidate.engine === engine);
  if (backend === undefined) {
    throw new TerminalError('NoBackend', `Function ${namespace}/${name}: the build engine ${engine} is not available`);
  }
  const builder = builderFor(fn, { name: builderName(uid, 1), sequence: 1 }, spec);
  const saved = { ...builder, metadata: { ...builder.metadata, uid: uidOfUnsaved(namespace, builder.metadata.name) } };
  const parsed = parseBuilder(saved);
  if ('problems' in parsed) throw new TypeError(`a Builder of our own making cannot be read: ${builder.metadata.name}`);
  return [
    builder,
    ...backend
      .emit({ builder: parsed.ok, revision, insecureRegistry: watch?.params.insecureRegistry ?? false })
      .map(({ object }) => object),
  ];
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

function isCommit(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}
