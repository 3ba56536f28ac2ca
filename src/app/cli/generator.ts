// What render and export share: Functions out of files, the run of each on an engine, and all that would be wrong with it there.
import type { Backend } from '../../build/backend.ts';
import { orderFor } from '../../build/builder.ts';
import { lacksOf, type Target } from '../../build/target.ts';
import { readAnnotations } from '../../function/annotations.ts';
import { problemText } from '../../function/problem.ts';
import { type FunctionObject, parseBuilder } from '../../function/schema.ts';
import { TerminalError } from '../../platform/errors.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { UsageError } from '../config.ts';
import { functionsOf } from './function-files.ts';
import { type Manifest, readManifests } from './manifests.ts';
import { plain } from './output.ts';
import { checkStrategy, type Findings } from './strategy-check.ts';
import type { Terminal } from './verb.ts';

export interface GeneratorOrder {
  readonly files: readonly string[];
  /** Of Functions that name none; undefined: `default`. */
  readonly namespace: string | undefined;
  /** Full commit id or digest; undefined: as written. */
  readonly revision: string | undefined;
  /** The versions that it must run on. */
  readonly target: Target;
}

/** A Function that can be worked on. */
export interface Source {
  /** `file.yaml, line 12`. */
  readonly from: string;
  readonly fn: FunctionObject;
}

export interface Sources {
  readonly functions: readonly Source[];
  /** Everything that the files hold. */
  readonly manifests: readonly Manifest[];
}

/** What is made of one Function, and what is wrong with that. */
export interface Made extends Findings {
  readonly source: Source;
  readonly objects: readonly KubeObject[];
}

/** The Functions of the files; undefined when some cannot work, which was then told. Throws a UsageError for what is no revision. */
export async function readSources(order: GeneratorOrder, terminal: Terminal): Promise<Sources | undefined> {
  const { revision } = order;
  if (revision !== undefined && !isCommit(revision) && !isDigest(revision)) {
    const forms = 'a full commit id (40 or 64 hex digits) or sha256: and 64 hex digits';
    throw new UsageError(`--revision must be ${forms}, found ${JSON.stringify(revision)}`);
  }
  const manifests = await readManifests(order.files, terminal);
  const candidates = functionsOf(manifests, order.namespace ?? 'default');
  const wrong = candidates.flatMap(({ key, from, problems }) =>
    problems.map(text => `${from}: Function ${key}: ${text}`),
  );
  const dropped = candidates.flatMap(({ key, from, dropped: paths = [] }) =>
    paths.map(path => `warning: ${from}: Function ${key}: ${path} is no field of a Function and is left out`),
  );
  tell(dropped, terminal);
  if (tell(wrong, terminal)) return undefined;
  return { functions: candidates.flatMap(({ fn, from = '' }) => (fn ? [{ fn, from }] : [])), manifests };
}

/** An id of the other sort says nothing about this source. Throws a UsageError. */
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

/** The objects of a run for a Builder of our making, with a UID, and what its strategy would refuse. */
export function makeRun(
  { fn, from }: Source,
  builder: KubeObject,
  how: { readonly backend: Backend; readonly revision: string | undefined; readonly manifests: readonly Manifest[] },
): Made {
  const { backend, revision, manifests } = how;
  const source = { fn, from };
  const parsed = parseBuilder(builder);
  if ('problems' in parsed) {
    throw new TypeError(`a Builder of our own making cannot be read: ${builder.metadata.name}`);
  }
  const steering = readAnnotations(fn.metadata.annotations);
  const wrong = steering.hooks.problems.map(problemText);
  if (wrong.length > 0) return { source, objects: [], problems: wrong, warnings: [] };
  const order = orderFor(parsed.ok, revision, steering);
  try {
    const objects = backend.emit(order).map(({ object }) => object);
    const { warnings, ...findings } = checkStrategy({ backend, builder: parsed.ok }, objects, manifests);
    const unused = backend.unused?.(parsed.ok.spec);
    return { source, objects, ...findings, warnings: unused === undefined ? warnings : [unused, ...warnings] };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    return { source, objects: [], problems: [error.message], warnings: [] };
  }
}

/** Tells all that is wrong, and what may be; false: something is, and nothing is to be written. */
export function judge(made: readonly Made[], target: Target, terminal: Terminal): boolean {
  const all = made.map(each => ({ ...each, problems: [...each.problems, ...each.objects.flatMap(tooLarge)] }));
  const of = ({ source: { from, fn } }: Made) => `${from}: Function ${fn.metadata.namespace}/${fn.metadata.name}`;
  const told = (kind: 'problems' | 'warnings') =>
    all.flatMap(each => each[kind].map(text => `${kind === 'warnings' ? 'warning: ' : ''}${of(each)}: ${text}`));
  const lacks = lacksOf(target, [...new Set(made.flatMap(({ objects, needed = [] }) => [...objects, ...needed]))]);
  tell([...told('warnings'), ...lacks.warnings.map(text => `warning: --target: ${text}`)], terminal);
  return !tell([...told('problems'), ...lacks.faults.map(text => `--target: ${text}`)], terminal);
}

/** What etcd takes of one object, as it is set up by itself. */
const mostBytes = 1.5 * 1024 * 1024;

function tooLarge(object: KubeObject): readonly string[] {
  const bytes = Buffer.byteLength(JSON.stringify(object));
  if (bytes <= mostBytes) return [];
  const { kind, metadata } = object;
  return [`${kind} ${metadata.name} would be ${Math.ceil(bytes / 1024)} KiB, an API server stores 1536 KiB at most`];
}

/** Prints a line for each; whether there were any. */
function tell(lines: readonly string[], { err }: Terminal): boolean {
  if (lines.length > 0) err.write(lines.map(line => `${plain(line)}\n`).join(''));
  return lines.length > 0;
}

function isCommit(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}
