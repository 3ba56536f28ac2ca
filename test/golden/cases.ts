// Reads recorded cases (../shared/goldens/functions has their README): one folder each, checked on the way in.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/platform/kube/kube.ts';

/** Where the recordings are when they are at hand. */
export const goldensFolder = join(import.meta.dirname, '../../../shared/goldens/functions');

/** Statuses by kind and name, such as `Function` → `f` → status. */
export type Statuses = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

/** One thing that was done, or a stage of the usual course, and how the objects stood afterwards. */
export interface Stage {
  readonly name: string;
  /** `Kind/name`, of steps only; what is gone has no remark behind it here. */
  readonly appeared: readonly string[];
  readonly disappeared: readonly string[];
  readonly statuses: Statuses;
}

export interface RecordedEvent {
  readonly action: string;
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  /** `Kind/name`. */
  readonly regarding: string;
  readonly related?: string;
}

export interface Refusal {
  readonly code: number;
  readonly kind: string;
  readonly name: string;
  readonly message: string;
}

/** What a folder holds; lists are empty where the recording has no such file. */
export interface GoldenCase {
  /** The folder and the one above it, such as `cases/build-full`. */
  readonly name: string;
  readonly folder: string;
  /** As applied: Functions first, then what they refer to. */
  readonly input: readonly KubeObject[];
  /** Functions as OpenFunction stored them, at the end, without status. */
  readonly stored: readonly KubeObject[];
  /** What OpenFunction made, with status: while building, and at rest. */
  readonly building: readonly KubeObject[];
  readonly objects: readonly KubeObject[];
  readonly stages: readonly Stage[];
  /** Of cases in which something was done on the way; these are their stages too. */
  readonly steps: readonly Stage[];
  /** `Kind/name` → every distinct status, in order. */
  readonly history: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly events: readonly RecordedEvent[];
  readonly rejected: readonly Refusal[];
  /** OpenFunction's process ended on it. */
  readonly crashed: boolean;
}

/** The case folders below a folder (or that folder itself), in order. Throws with path and cause when it cannot be read, or has none. */
export function findCases(folder: string): readonly string[] {
  const found = casesBelow(folder);
  if (found.length === 0) throw new Error(`${folder}: no case here: a case is a folder with YAML files`);
  return found;
}

function casesBelow(folder: string): readonly string[] {
  const entries = listed(folder);
  if (entries.some(name => name.endsWith('.yaml'))) return [folder];
  const inner = entries.map(name => join(folder, name)).filter(path => statSync(path).isDirectory());
  return inner.flatMap(path => casesBelow(path));
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    throw new Error(`${folder}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Reads one case. Throws with the file's path and the cause when one is missing, is no YAML or holds something else. */
export function readCase(folder: string): GoldenCase {
  const at = (file: string) => join(folder, file);
  const stages = stagesOf(at('status.yaml'), 'stage');
  const rejected = objectsOf(at('rejected.yaml'), []).map(each => each as unknown as Refusal);
  const crashed = existsSync(at('crash.yaml'));
  const last = stages.at(-1)?.statuses ?? {};
  const builds = stages.some(({ statuses }) => isAny(statuses, 'Builder'));
  const isBuilding = builds && stages.some(stage => stage.name === 'building');
  return {
    name: join(basename(dirname(folder)), basename(folder)),
    folder,
    input: namedObjects(at('input.yaml'), true),
    stored: namedObjects(at('function.yaml'), isAny(last, 'Function')),
    building: namedObjects(at('objects-building.yaml'), isBuilding),
    objects: namedObjects(
      at('objects.yaml'),
      isAny(last, 'Builder') || (isAny(last, 'Function') && isAny(last, 'Serving')),
    ),
    stages,
    steps: existsSync(at('steps.yaml')) ? stagesOf(at('steps.yaml'), 'step') : [],
    history: historyOf(at('history.yaml'), builds),
    events: listOf(at('events.yaml'), builds).map(each => each as RecordedEvent),
    rejected,
    crashed,
  };
}

function isAny(statuses: Statuses, kind: string): boolean {
  return Object.keys(statuses[kind] ?? {}).length > 0;
}

function documentsOf(path: string): readonly unknown[] {
  const text = read(path);
  const documents = parseAllDocuments(text);
  const broken = documents.flatMap(document => document.errors)[0];
  if (broken) throw new Error(`${path}: not YAML: ${broken.message}`);
  return documents.map(document => document.toJS() as unknown).filter(each => each !== null);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** The documents of a file, each a mapping; `absent` when there is no such file. */
function objectsOf(path: string, absent: readonly object[] | undefined): readonly object[] {
  if (absent && !existsSync(path)) return absent;
  return documentsOf(path).map(document => {
    if (!isMapping(document)) throw new Error(`${path}: each document must be a mapping`);
    return document;
  });
}

function namedObjects(path: string, isNeeded: boolean): readonly KubeObject[] {
  return objectsOf(path, isNeeded ? undefined : []).map(object => {
    const { kind, metadata } = object as Partial<KubeObject>;
    if (typeof kind !== 'string' || typeof metadata?.name !== 'string') {
      throw new Error(`${path}: each document needs kind and metadata.name`);
    }
    return object as KubeObject;
  });
}

function listOf(path: string, isNeeded: boolean): readonly object[] {
  if (!isNeeded && !existsSync(path)) return [];
  const [list = []] = documentsOf(path);
  if (!Array.isArray(list) || !list.every(isMapping)) throw new Error(`${path}: must be a list of mappings`);
  return list;
}

function stagesOf(path: string, key: 'stage' | 'step'): readonly Stage[] {
  return listOf(path, true).map(entry => {
    const { [key]: name, appeared, disappeared, ...rest } = entry as Record<string, unknown>;
    // Beside the kinds stand a few words about them.
    const statuses = Object.fromEntries(Object.entries(rest).filter(([kind]) => /^[A-Z]/.test(kind)));
    if (typeof name !== 'string') throw new Error(`${path}: each entry needs "${key}"`);
    if (!isStatuses(statuses)) throw new Error(`${path}: "${name}" must hold statuses by kind and name`);
    return { name, appeared: names(appeared), disappeared: names(disappeared), statuses };
  });
}

function isStatuses(value: unknown): value is Statuses {
  const byName = isMapping(value) ? Object.values(value) : [];
  return byName.every(some => isMapping(some) && Object.values(some).every(isMapping));
}

/** `Build/x (by garbage collection)` is `Build/x`. */
function names(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map(each => String(each).replace(/ \(.*\)$/, '')) : [];
}

function historyOf(path: string, isNeeded: boolean): GoldenCase['history'] {
  const [history = {}] = objectsOf(path, isNeeded ? undefined : [{}]);
  if (!Object.values(history).every(Array.isArray)) throw new Error(`${path}: must be lists of statuses by object`);
  return history as GoldenCase['history'];
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
