// What is compared: of both sides the same fields, in the recording's words, flat.
import { formatDuration, parseDuration } from '../../../src/function/duration.ts';
import { kinds } from '../../../src/function/kinds.ts';
import type { KubeObject } from '../../../src/platform/kube/kube.ts';
import type { Stage as RecordedStage } from '../cases.ts';
import type { Difference } from '../differences.ts';
import { expectedBuild } from '../expected-build.ts';
import { differing, fieldOf, isPlain, withField } from './field.ts';
import type { Hashes } from './hashes.ts';
import type { Stage } from './stage.ts';
import { statusOf } from './stage.ts';
import type { Tokens } from './tokens.ts';

/** `Kind/name field.path` → value. */
export type Scene = ReadonlyMap<string, unknown>;

type Plain = Readonly<Record<string, unknown>>;

const buildMembers = [
  'state',
  'reason',
  'message',
  'resourceRef',
  'lastSuccessfulResourceRef',
  'service',
  'buildDuration',
] as const;

/** What the recording says of builds at one stage. */
export function theirScene({ statuses }: RecordedStage): Scene {
  const scene = new Map<string, unknown>();
  for (const [name, status] of Object.entries(statuses['Function'] ?? {})) {
    put(scene, `Function/${name}`, pickFunction(status, fieldOf(status, ['build', 'resourceHash'])));
  }
  for (const [name, status] of Object.entries(statuses['Builder'] ?? {})) put(scene, `Builder/${name}`, status);
  // What becomes of a Serving is its runtime's business; that it is there is not.
  for (const name of Object.keys(statuses['Serving'] ?? {})) put(scene, `Serving/${name}`, {});
  return scene;
}

/** The same of our objects. */
export async function ourScene(stage: Stage, words: { tokens: Tokens; hashes: Hashes }, theirs: Scene): Promise<Scene> {
  const scene = new Map<string, unknown>();
  for (const object of await stage.all(kinds.function)) {
    const key = `Function/${object.metadata.name}`;
    const status = statusOf(object);
    const hash = fieldOf(status, ['build', 'inputHash']);
    const token = words.hashes.tokenOf(hash, theirs.get(`${key} build.resourceHash`));
    put(scene, key, timeless(words.tokens.renamed(pickFunction(status, token)), theirs, key));
  }
  for (const object of await stage.all(kinds.builder)) {
    const key = `Builder/${words.tokens.text(object.metadata.name)}`;
    put(scene, key, timeless(words.tokens.renamed(statusOf(object)), theirs, key));
  }
  for (const { metadata } of await stage.all(kinds.serving))
    put(scene, `Serving/${words.tokens.text(metadata.name)}`, {});
  return scene;
}

function pickFunction(status: Plain, hash: unknown): Plain {
  const build = isPlain(status['build']) ? status['build'] : {};
  const picked = Object.fromEntries(buildMembers.map(member => [member, build[member]]));
  const serving = { resourceRef: fieldOf(status, ['serving', 'resourceRef']) };
  const { revision, sources } = status;
  return { build: { ...picked, resourceHash: hash }, revision, sources, serving };
}

/** Whole seconds are `<duration>`, save where the recording tells which ones. */
function timeless(value: unknown, theirs: Scene, key: string): unknown {
  if (!isPlain(value)) return value;
  const blank = (inner: Plain, at: string): Plain => {
    const isAny = /^(?:\d+h)?(?:\d+m)?\d+s$/.test(String(inner['buildDuration']));
    const isTold = /^\d/.test(String(theirs.get(at)));
    return isAny && !isTold ? { ...inner, buildDuration: '<duration>' } : inner;
  };
  const build = isPlain(value['build']) ? blank(value['build'], `${key} build.buildDuration`) : undefined;
  return { ...blank(value, `${key} buildDuration`), ...(build === undefined ? {} : { build }) };
}

/** Adds the leaves of a value; lists are leaves. An empty mapping is one too, so that an object without fields is there. */
function put(scene: Map<string, unknown>, key: string, value: unknown, path = ''): void {
  if (value === undefined) return;
  if (!isPlain(value)) return void scene.set(path === '' ? key : `${key} ${path}`, value);
  if (path === '') scene.set(key, 'there');
  for (const [member, inner] of Object.entries(value)) {
    put(scene, key, inner, path === '' ? member : `${path}.${member}`);
  }
}

const comparedKinds = [kinds.builder, kinds.build, kinds.buildRun, kinds.serving];
const comparedNames: ReadonlySet<string> = new Set(comparedKinds.map(({ kind }) => kind));

/** Builders, Builds and BuildRuns as recorded, in today's API, and of Servings what builds give them. */
export function theirObjects(objects: readonly KubeObject[]): Scene {
  const scene = new Map<string, unknown>();
  const builders = new Map(objects.filter(({ kind }) => kind === 'Builder').map(each => [each.metadata.name, each]));
  for (const object of objects) {
    // A Knative Service is recorded beside; its kind is another.
    if (!comparedNames.has(object.kind)) continue;
    const { metadata } = object;
    const { labels, annotations, ownerReferences } = metadata;
    const builder = builders.get(metadata.labels?.['openfunction.io/builder'] ?? metadata.name);
    const spec = specToday(object, builder);
    put(
      scene,
      `${object.kind}/${metadata.name}`,
      canonical({ metadata: { labels, annotations, ownerReferences }, spec }),
    );
  }
  return scene;
}

function specToday({ kind, spec }: KubeObject, builder: KubeObject | undefined): unknown {
  if (kind === 'Serving') return servedPart(spec);
  if (kind === 'BuildRun') return { build: fieldOf(spec, ['buildRef']), serviceAccount: '.generate' };
  if (kind !== 'Build' || builder === undefined) return spec;
  return expectedBuild(Object(spec), Object(builder['spec']));
}

/** The rest is compared where the Function is the one that they stored, with all that their webhook filled in (children.test.ts). */
function servedPart(spec: unknown): Plain {
  return { image: fieldOf(spec, ['image']), version: fieldOf(spec, ['version']) };
}

/** The same of our objects. */
export async function ourObjects(stage: Stage, tokens: Tokens): Promise<Scene> {
  const scene = new Map<string, unknown>();
  for (const kind of comparedKinds) {
    for (const { metadata, ...object } of await stage.all(kind)) {
      const { labels, annotations } = metadata;
      const owners = (metadata.ownerReferences ?? []).map(owner => withField(owner, ['uid'], undefined));
      const spec = kind === kinds.serving ? servedPart(object['spec']) : object['spec'];
      const told = tokens.renamed({ metadata: { labels, annotations, ownerReferences: owners }, spec });
      put(scene, `${kind.kind}/${tokens.text(metadata.name)}`, canonical(told));
    }
  }
  return scene;
}

const durations = new Set(['timeout', 'builderMaxAge']);

/** `5m` is `5m0s`: they store the second, ours what was written. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const ms = durations.has(key) && typeof inner === 'string' ? parseDuration(inner) : undefined;
      return [key, ms === undefined ? canonical(inner) : formatDuration(ms)];
    }),
  );
}

/** Each field in which the two differ; of an object that one side lacks, one difference without a field. */
export function compare(at: string, theirs: Scene, ours: Scene): readonly Difference[] {
  const keys = [...new Set([...theirs.keys(), ...ours.keys()])].toSorted();
  return keys.flatMap(key => {
    const [object = '', ...rest] = key.split(' ');
    if (rest.length > 0 && theirs.has(object) !== ours.has(object)) return [];
    const difference = { at, object, field: rest.join(' '), theirs: theirs.get(key), ours: ours.get(key) };
    return differing(difference.theirs, difference.ours).length === 0 ? [] : [difference];
  });
}
