// `openfunction.io/revision-controller-params`: how a Function wants to be watched. Each entry of the table is one key.
import { parseYaml } from '../platform/yaml.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { annotations } from './names.ts';
import { hidden, mayHoldSecret, type Problem, pathText, showValue } from './problem.ts';

export interface WatchParams {
  readonly type: 'source' | 'source-image' | 'image';
  /** The longest time a change may stay unseen, milliseconds; at least 1000. */
  readonly intervalMs: number;
  readonly forge: 'github' | 'gitlab' | 'gitee' | 'git';
  /** Server of a self-hosted forge, without trailing slash; absent: the host of `srcRepo.url`. */
  readonly baseUrl?: string;
  readonly authType: 'PrivateToken' | 'OAuthToken' | 'JobToken';
  /** Digits, or `group/sub/project`; absent: the path of `srcRepo.url`. */
  readonly projectId?: string;
  readonly insecureRegistry: boolean;
  readonly skipVerify: boolean;
}

export interface ReadParams {
  /** Defaults stand where a value could not be read. Not to be used while there are problems. */
  readonly params: WatchParams;
  /** Keys that somebody gave, and that could be read. */
  readonly given: readonly string[];
  /** Sentences for the condition's message; nothing stops because of them. */
  readonly warnings: readonly string[];
  /** What stops the watch. */
  readonly problems: readonly Problem[];
}

export const defaultWatchParams: WatchParams = {
  type: 'source',
  intervalMs: 5000,
  forge: 'github',
  authType: 'PrivateToken',
  insecureRegistry: false,
  skipVerify: false,
};

const shortestMs = 1000;
/** What is longer is no list of parameters, and reading YAML takes a time that grows with the square of its keys. */
const longestText = 8192;
const mostWarned = 5;

/** What a reader makes of a value: a part of the params, or what is wrong with it. */
type Reading =
  | { readonly read: Partial<WatchParams>; readonly warning?: string }
  | { readonly wrong: string; readonly secret?: boolean };
type Reader = (text: string) => Reading;

const readers: Readonly<Record<string, Reader>> = {
  type: word(['source', 'source-image', 'image'], type => ({ type })),
  'polling-interval': readInterval,
  'repo-type': word(['github', 'gitlab', 'gitee', 'git'], forge => ({ forge })),
  'base-url': readBaseUrl,
  'auth-type': word(['PrivateToken', 'OAuthToken', 'JobToken'], authType => ({ authType })),
  'project-id': readProject,
  'insecure-registry': word(['true', 'false'], text => ({ insecureRegistry: text === 'true' })),
  'skip-verify': readSkipVerify,
};

/** Thousands of Functions say the same words, and each is read at every look: YAML is the dearest part of that. */
const known = new Map<string, ReadParams>();
const mostKnown = 2_000;

/** The keys that mean something. */
export const paramNames: readonly string[] = Object.keys(readers);

/** Reads the annotation; an absent or empty one means the defaults. An unknown key is only warned about. */
export function parseWatchParams(text = ''): ReadParams {
  const former = known.get(text);
  if (former !== undefined) return former;
  const read = readText(text);
  if (known.size >= mostKnown) known.clear();
  known.set(text, read);
  return read;
}

function readText(text: string): ReadParams {
  const map = readMap(text);
  if ('problem' in map) return { params: defaultWatchParams, given: [], warnings: [], problems: [map.problem] };
  let params = defaultWatchParams;
  const warnings = [...unknownKeys(map.values)];
  const problems: Problem[] = [];
  const given: string[] = [];
  for (const [key, value] of Object.entries(map.values)) {
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (reader === undefined) continue;
    if (value === null || value === '') continue;
    const reading: Reading = isScalar(value) ? reader(String(value)) : { wrong: 'must be one plain value' };
    if ('wrong' in reading) {
      problems.push(problem(key, reading.secret || looksSecret(value) ? hidden : value, reading.wrong));
      continue;
    }
    params = { ...params, ...reading.read };
    given.push(key);
    if (reading.warning !== undefined) warnings.push(reading.warning);
  }
  return { params, given, warnings, problems };
}

function unknownKeys(values: object): readonly string[] {
  const unknown = Object.keys(values).filter(key => !Object.hasOwn(readers, key));
  const more = unknown.length - mostWarned;
  const rest = more > 0 ? [`and ${more} more unknown keys`] : [];
  const name = (key: string) => (/^[\w.-]{1,60}$/.test(key) ? key : showValue(key));
  return [
    ...unknown.slice(0, mostWarned).map(key => `unknown key ${name(key)} in ${annotations.revisionControllerParams}`),
    ...rest,
  ];
}

/** Userinfo and queries of addresses; in what is no plain value, whatever is called a secret. */
function looksSecret(value: unknown): boolean {
  return isScalar(value) ? /[@?]/.test(String(value)) : mayHoldSecret(value);
}

function readMap(text: string): { values: object } | { problem: Problem } {
  const found = mayHoldSecret(text) ? hidden : text;
  if (text.length > longestText) {
    return { problem: problem(undefined, found, `is longer than ${longestText} characters`) };
  }
  try {
    const value = parseYaml(text) ?? {};
    if (isMap(value)) return { values: value };
    return { problem: problem(undefined, found, 'must be a YAML map such as "type: source"') };
  } catch (error) {
    const [firstLine = ''] = error instanceof Error ? error.message.split('\n') : [];
    // The parser may quote what it stumbled over.
    const place = / at line \d+, column \d+/.exec(firstLine)?.[0] ?? '';
    const why = found === hidden ? place : `: ${firstLine.replace(/:$/, '')}`;
    return { problem: problem(undefined, found, `is no YAML${why}`) };
  }
}

function problem(key: string | undefined, value: unknown, message: string): Problem {
  const path = ['metadata', 'annotations', annotations.revisionControllerParams, ...(key === undefined ? [] : [key])];
  return { path: pathText(path), value, message };
}

/** Sets, dates and bytes, which YAML can write too, are none. */
function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function word<const W extends string>(words: readonly W[], read: (word: W) => Partial<WatchParams>): Reader {
  return text => {
    const known = words.find(candidate => candidate === text);
    return known === undefined ? { wrong: `must be one of ${words.join(', ')}` } : { read: read(known) };
  };
}

function readSkipVerify(text: string): Reading {
  if (text === 'false') return { read: { skipVerify: false } };
  if (text !== 'true') return { wrong: 'must be one of true, false' };
  return { read: { skipVerify: true }, warning: 'skip-verify is on: whoever answers for the server is believed' };
}

function readInterval(text: string): Reading {
  const ms = parseDuration(text);
  if (ms === undefined) return { wrong: 'must be a Go duration with its unit, such as 30s or 1m30s' };
  if (ms <= 0) return { wrong: 'must be more than 0' };
  if (ms >= shortestMs) return { read: { intervalMs: ms } };
  const floor = formatDuration(shortestMs);
  return { read: { intervalMs: shortestMs }, warning: `polling-interval ${text} is raised to ${floor}` };
}

function readBaseUrl(text: string): Reading {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    return { wrong: 'must be the address of the server, such as https://gitlab.example.com' };
  }
  if (url.username !== '' || url.password !== '') return { wrong: 'must not carry a user or password', secret: true };
  if (url.search !== '' || url.hash !== '') return { wrong: 'must not have a query or a fragment' };
  return { read: { baseUrl: url.href.replace(/\/+$/, '') } };
}

function readProject(text: string): Reading {
  const isPath = /^[^\s?#\p{C}]+$/u.test(text) && !text.split('/').some(part => part === '.' || part === '..');
  if (isPath) return { read: { projectId: text } };
  return { wrong: 'must be the number of the project or its path, such as group/project' };
}
