// `openfunction.io/build-hooks`: Tekton Tasks that run before a build (tests) and after it (scan, sign), read into plain data.
import { parseYamlTexts } from '../platform/yaml.ts';
import { annotations } from './names.ts';
import { hidden, mayHoldSecret, type Problem, pathText } from './problem.ts';

/** What a build tells its hooks. `image` is `repository:tag@digest`; `commit` is the digest of a bundle where that was built. */
const hookFacts = ['image', 'digest', 'commit'] as const;
export type HookFact = (typeof hookFacts)[number];

/** A text of the user, or what the build knows. */
export type HookText = string | { readonly from: HookFact };

export interface BuildHook {
  /** A Task of the Function's namespace, or what a resolver of Tekton finds: its own parameters. */
  readonly task:
    | { readonly name: string }
    | { readonly resolver: string; readonly ref: Readonly<Record<string, string>> };
  readonly params: Readonly<Record<string, HookText | readonly HookText[]>>;
  /** What the Task calls the workspaces of the build. */
  readonly workspaces: Readonly<Record<string, HookWorkspace>>;
}

export type HookWorkspace = (typeof hookWorkspaces)[number];

/** In the order in which they run. */
export interface BuildHooks {
  readonly before: readonly BuildHook[];
  readonly after: readonly BuildHook[];
}

export interface ReadHooks {
  /** Absent: there are none. Not to be used while there are problems. */
  readonly hooks?: BuildHooks;
  /** What keeps every build from starting: a hook that is not understood may be the scan that must not be left out. */
  readonly problems: readonly Problem[];
}

const hookWorkspaces = ['source', 'dockerconfig'] as const;
const stages = ['before', 'after'] as const;
const hookKeys = ['name', 'resolver', 'ref', 'params', 'workspaces'];
const longestText = 131_072;
const mostHooks = 8;
const objectName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
/** What Tekton takes for the name of a parameter. */
const paramName = /^[A-Za-z_][\w.-]{0,254}$/;
/** What a Task after a build is given where nothing else is written. */
const told = Object.fromEntries(hookFacts.map(fact => [fact, { from: fact }]));
const none: ReadHooks = { problems: [] };

/** A Task in words: its name, or what is found and by which resolver. */
export function nameTask({ task }: Pick<BuildHook, 'task'>): string {
  if ('name' in task) return task.name;
  const found = task.ref['name'] || task.ref['pathInRepo'];
  return found ? `${found} of ${task.resolver}` : task.resolver;
}

/** Each Function is read at every look, and YAML is the dearest part of that. */
const known = new Map<string, ReadHooks>();
const mostKnown = 500;

/** Reads the annotation; never throws. An absent or empty one means no hooks; nothing in it is passed over. */
export function parseBuildHooks(text = ''): ReadHooks {
  if (text.trim() === '') return none;
  const former = known.get(text);
  if (former !== undefined) return former;
  const read = new Reader().read(text);
  if (known.size >= mostKnown) known.clear();
  known.set(text, read);
  return read;
}

type Path = readonly PropertyKey[];

/** Reads one annotation, and collects what is wrong with it. */
class Reader {
  readonly #problems: Problem[] = [];

  read(text: string): ReadHooks {
    if (text.length > longestText) this.#wrong([], text, `is longer than ${longestText} characters`);
    const map = this.#problems.length > 0 ? {} : this.#map([], parse(text), stages);
    const [before = [], after = []] = stages.map(stage => this.#hooks(stage, map[stage]));
    if (this.#problems.length > 0) return { problems: this.#problems };
    return before.length + after.length === 0 ? none : { hooks: { before, after }, problems: [] };
  }

  #hooks(stage: (typeof stages)[number], value: unknown): readonly BuildHook[] {
    if (value === undefined || value === null) return [];
    const isList = Array.isArray(value);
    if (isList && value.length <= mostHooks) return value.map((item: unknown, at) => this.#hook([stage, at], item));
    this.#wrong([stage], value, isList ? `must not name more than ${mostHooks} Tasks` : 'must be a list of Tasks');
    return [];
  }

  #hook(path: Path, item: unknown): BuildHook {
    const map = typeof item === 'string' ? { name: item } : this.#map(path, item, hookKeys);
    const isAfter = path[0] === 'after';
    const { params = isAfter ? told : undefined, workspaces = { source: 'source' } } = map;
    const facts = isAfter ? hookFacts : hookFacts.filter(fact => fact === 'commit');
    return {
      task: 'resolver' in map || 'ref' in map ? this.#resolved(path, map) : this.#named(path, map, item),
      params: this.#entries([...path, 'params'], params, (at, value) => this.#value(at, value, facts)),
      workspaces: this.#entries([...path, 'workspaces'], workspaces, (at, value) => this.#workspace(at, value)),
    };
  }

  #named(path: Path, { name }: Readonly<Record<string, unknown>>, item: unknown): BuildHook['task'] {
    if (typeof name === 'string' && objectName.test(name)) return { name };
    const at = isMap(item) && name !== undefined ? [...path, 'name'] : path;
    this.#wrong(at, name ?? item, 'must be the name of a Task, or have name or resolver');
    return { name: '' };
  }

  #resolved(path: Path, { name, resolver, ref }: Readonly<Record<string, unknown>>): BuildHook['task'] {
    if (name !== undefined) this.#wrong([...path, 'name'], name, 'cannot stand beside resolver and ref');
    if (typeof resolver !== 'string' || !objectName.test(resolver)) {
      const message = 'must be the name of a resolver, such as hub, bundles, git or cluster';
      this.#wrong([...path, 'resolver'], resolver, message);
    }
    const params = this.#entries([...path, 'ref'], ref, (at, value) => this.#refValue(at, value));
    return { resolver: String(resolver), ref: params };
  }

  #value(path: Path, value: unknown, facts: readonly HookFact[]): HookText | readonly HookText[] {
    if (!Array.isArray(value)) return this.#text(path, value, facts);
    return value.map((item: unknown, at) => this.#text([...path, at], item, facts));
  }

  #text(path: Path, value: unknown, facts: readonly HookFact[]): HookText {
    if (isScalar(value)) return String(value);
    const [[key, from] = ['', undefined], ...others] = isMap(value) ? Object.entries(value) : [];
    const fact = key === 'from' && others.length === 0 ? facts.find(word => word === from) : undefined;
    if (fact) return { from: fact };
    const allowed = facts.map(word => `{from: ${word}}`).join(', ');
    this.#wrong(path, value, `must be a text, a list of texts, or ${allowed}`);
    return '';
  }

  /** Resolvers read these themselves: no container turns anything back. */
  #refValue(path: Path, value: unknown): string {
    if (!isScalar(value)) this.#wrong(path, value, 'must be a text');
    else if (String(value).includes('$(')) this.#wrong(path, value, 'must not contain $(');
    return String(value);
  }

  #workspace(path: Path, value: unknown): HookWorkspace {
    const found = hookWorkspaces.find(name => name === value);
    if (found === undefined) this.#wrong(path, value, `must be one of ${hookWorkspaces.join(', ')}`);
    return found ?? 'source';
  }

  #entries<T>(path: Path, value: unknown, read: (path: Path, value: unknown) => T): Readonly<Record<string, T>> {
    const map = value === undefined || value === null ? {} : this.#map(path, value);
    for (const key of Object.keys(map)) {
      if (!paramName.test(key)) this.#wrong([...path, key], map[key], 'has no name that Tekton takes');
    }
    return Object.fromEntries(Object.entries(map).map(([key, each]) => [key, read([...path, key], each)]));
  }

  /** With words: no other key may stand there. */
  #map(path: Path, value: unknown, words?: readonly string[]): Readonly<Record<string, unknown>> {
    if (!isMap(value)) {
      this.#wrong(path, value, `must be a YAML map${words === undefined ? '' : ` with ${words.join(', ')}`}`);
      return {};
    }
    for (const [key, each] of Object.entries(value)) {
      if (words && !words.includes(key))
        this.#wrong([...path, key], each, `is not known; there are ${words.join(', ')}`);
    }
    return value;
  }

  #wrong(path: Path, value: unknown, message: string): void {
    const at = pathText(['metadata', 'annotations', annotations.buildHooks, ...path]);
    this.#problems.push({ path: at, value: mayHoldSecret(value) ? hidden : value, message });
  }
}

/** A text that is no YAML is itself, and as such no map. */
function parse(text: string): unknown {
  try {
    return parseYamlTexts(text);
  } catch {
    return text;
  }
}

/** Sets, dates and bytes, which YAML can write too, are none. */
function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isScalar(value: unknown): value is string | number | boolean {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}
