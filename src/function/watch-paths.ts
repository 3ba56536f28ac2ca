// Which paths of the repository concern a Function: `sourceSubPath`, the Dockerfile, and what `openfunction.io/watch-paths` adds.
import { parseYaml } from '../platform/yaml.ts';
import { annotations } from './names.ts';
import { hidden, mayHoldSecret, type Problem, pathText, showValue } from './problem.ts';
import type { FunctionObject } from './schema.ts';

export interface WatchPaths {
  /** From the root of the repository, without slashes at the ends, sorted, none within another; empty: the whole repository. */
  readonly paths: readonly string[];
  /** Sentences for the condition's message; nothing stops because of them. */
  readonly warnings: readonly string[];
  /** What stops the watch. */
  readonly problems: readonly Problem[];
}

/** Each is looked up in every changed head, and its id kept in the status. */
const mostPaths = 16;
const longestPath = 512;
const longestText = 8192;
/** Words of `path-filter`; any other is warned about and means `on`. */
const filterWords = ['on', 'off'] as const;

/** Reads what a Function says of paths; never throws. A Function without a sub-path watches the whole repository. */
export function readWatchPaths({ metadata, spec }: FunctionObject): WatchPaths {
  const { [annotations.pathFilter]: filter = '', [annotations.watchPaths]: added = '' } = metadata.annotations ?? {};
  if (filter === 'off') return { paths: [], warnings: [], problems: [] };
  const known = filter === '' || filterWords.some(word => word === filter);
  const odd = known ? [] : [`${annotations.pathFilter} ${showValue(filter)} means nothing; off turns the filter off`];
  const { sourceSubPath = '' } = spec.build?.srcRepo ?? {};
  const subPath = withinRepository(sourceSubPath);
  const more = readAdded(added);
  if (more.problems.length > 0) return { paths: [], warnings: odd, problems: more.problems };
  if (subPath === undefined || subPath === '') {
    return { paths: [], warnings: [...odd, ...unfiltered(subPath, added)], problems: [] };
  }
  const wanted = [subPath, ...dockerfiles(subPath, spec.build?.dockerfile), ...more.paths];
  return { paths: wanted.includes('') ? [] : outermost(wanted), warnings: odd, problems: [] };
}

function unfiltered(subPath: string | undefined, added: string): readonly string[] {
  const outside =
    subPath === undefined
      ? ['spec.build.srcRepo.sourceSubPath is no path within the repository: every new revision is built']
      : [];
  const useless =
    added.trim() === '' ? [] : [`${annotations.watchPaths} adds nothing: the whole repository is built and watched`];
  return [...outside, ...useless];
}

/**
 * Strategies read the path of a Dockerfile from the directory that is built, or (OpenFunction's own ones) from the root of the
 * repository. Both places count: a build too many is better than a change that is missed.
 */
function dockerfiles(subPath: string, dockerfile = ''): readonly string[] {
  if (dockerfile === '') return [];
  const places = [withinRepository(`${subPath}/${dockerfile}`), withinRepository(dockerfile)];
  return places.filter(path => path !== undefined && path !== '') as readonly string[];
}

/** A path from the root in one spelling, empty for the root itself; undefined for one that leads out, or that Git could not have. */
function withinRepository(text: string): string | undefined {
  if (text.length > longestPath || /\p{Cc}/u.test(text) || !text.isWellFormed()) return undefined;
  const parts: string[] = [];
  for (const part of text.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** Sorted, without those that lie within another: its id tells of them too. */
function outermost(paths: readonly string[]): readonly string[] {
  const sorted = [...new Set(paths)].toSorted();
  return sorted.filter(path => !sorted.some(other => path.startsWith(`${other}/`)));
}

interface Added {
  readonly paths: readonly string[];
  readonly problems: readonly Problem[];
}

/** A YAML list, or paths between commas or on lines of their own. */
function readAdded(text: string): Added {
  if (text.trim() === '') return { paths: [], problems: [] };
  if (text.length > longestText) return refused([problem(text, `is longer than ${longestText} characters`)]);
  const items = /^\s*(?:\[|-\s)/.test(text) ? readList(text) : splitText(text);
  if (items === undefined) return refused([problem(text, 'must be a YAML list of paths, or paths between commas')]);
  if (items.length > mostPaths) return refused([problem(text, `must not name more than ${mostPaths} paths`)]);
  const paths: string[] = [];
  const problems: Problem[] = [];
  for (const [at, item] of items.entries()) {
    const wrong = faultOf(item);
    if (wrong === undefined) paths.push(withinRepository(String(item)) ?? '');
    else problems.push(problem(item, wrong, at));
  }
  return { paths, problems };
}

function refused(problems: readonly Problem[]): Added {
  return { paths: [], problems };
}

function splitText(text: string): readonly string[] {
  return text
    .split(/[,\n]/)
    .map(item => item.trim())
    .filter(item => item !== '');
}

function readList(text: string): readonly unknown[] | undefined {
  try {
    const value = parseYaml(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What keeps a value from being a path; undefined: nothing. */
function faultOf(item: unknown): string | undefined {
  if (typeof item !== 'string' || item === '') return 'must be the path of a folder or file';
  if (item.length > longestPath) return `must not be longer than ${longestPath} characters`;
  if (/\p{Cc}/u.test(item) || !item.isWellFormed()) return 'must not contain control characters';
  if (item.startsWith('/')) return 'must be a path from the root of the repository, without a slash before it';
  if (item.split('/').includes('..')) return 'must not contain ..';
  if (/[*?[\]]/.test(item))
    return 'must be one path; patterns are not understood, a folder stands for all that is in it';
  return undefined;
}

function problem(value: unknown, message: string, at?: number): Problem {
  const path = ['metadata', 'annotations', annotations.watchPaths, ...(at === undefined ? [] : [at])];
  return { path: pathText(path), value: mayHoldSecret(value) ? hidden : value, message };
}
