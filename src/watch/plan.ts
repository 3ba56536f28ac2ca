// What a Function asks to have watched: one source, one want, one Secret, one interval; or why there is nothing to watch.
import { readAnnotations } from '../function/annotations.ts';
import { annotations } from '../function/names.ts';
import { hidden, type Problem, problemText } from '../function/problem.ts';
import { type Reason, reasons } from '../function/reasons.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { WatchParams } from '../function/watch-params.ts';
import { readWatchPaths, type WatchPaths } from '../function/watch-paths.ts';
import { planGitSource } from './git-source.ts';
import { defaultTag, parseImage } from './image.ts';
import type { ImageSource, Source, Want } from './source.ts';

/** What is watched for one Function. */
export interface Watch {
  readonly type: WatchParams['type'];
  readonly source: Source;
  readonly want: Want;
  /** Paths whose ids decide whether a new commit is a change; sorted, never empty. Absent: every new id is one. */
  readonly paths?: readonly string[];
  /** Name of the Secret with the credential, in the Function's namespace; undefined: anonymous. */
  readonly secret: string | undefined;
  /** The promise: the longest time a change may stay unseen. Milliseconds, at least 1000. */
  readonly intervalMs: number;
  /** Sentences for the condition's message; nothing stops because of them. */
  readonly warnings: readonly string[];
}

export type WatchPlan =
  | { readonly kind: 'watched'; readonly watch: Watch }
  | {
      readonly kind: 'unwatched';
      readonly reason: Reason;
      /** For the condition: names field and value, and never a credential. */
      readonly message: string;
      /** The fields at fault, where it is a fault. */
      readonly problems: readonly Problem[];
    };

/** No ref has a longer name; what is watched is written into queue and state many times. */
const longestRevision = 1024;

/** The build pushes the image before its hooks look at it. */
const servedUnasked = `what is pushed is served, whatever ${annotations.buildHooks} say of it; type source would serve what they let pass`;

/** What a planner of one type makes of a Function. */
type Target =
  | Pick<Watch, 'source' | 'want' | 'paths' | 'secret' | 'warnings'>
  | { readonly reason: Reason; readonly problems?: readonly Problem[] };

const planners: Readonly<Record<WatchParams['type'], (fn: FunctionObject, params: WatchParams) => Target>> = {
  source: planSource,
  'source-image': planBundle,
  image: planImage,
};

/** Plans the watch of a Function. Pure, and total: every Function is watched or has a reason. */
export function planWatch(fn: FunctionObject): WatchPlan {
  const { watch: read, hooks } = readAnnotations(fn.metadata.annotations);
  if (read === undefined) return unwatched('Disabled');
  const { params, problems } = read;
  if (problems.length > 0) return unwatched('BadParams', problems);
  const target = planners[params.type](fn, params);
  if ('reason' in target) return unwatched(target.reason, target.problems);
  const isPushedFirst = params.type === 'image' && fn.spec.build !== undefined && hooks.hooks !== undefined;
  const warnings = [...read.warnings, ...target.warnings, ...(isPushedFirst ? [servedUnasked] : [])];
  return { kind: 'watched', watch: { ...target, type: params.type, intervalMs: params.intervalMs, warnings } };
}

/**
 * Whether a want that the repository does not have as a ref may be the beginning of a commit id (7 to 39 hex digits): such a revision
 * is asked as a ref first, and is a pinned commit only where it is missing.
 */
export function mayBeCommit(want: Want): boolean {
  return /^[0-9a-f]{7,39}$/i.test(want);
}

function unwatched(reason: Reason, problems: readonly Problem[] = []): WatchPlan {
  const details = problems.map(problemText).join('; ');
  const message = details === '' ? reasons[reason] : `${reasons[reason]}: ${details}`;
  return { kind: 'unwatched', reason, message, problems };
}

function planSource(fn: FunctionObject, params: WatchParams): Target {
  const { build } = fn.spec;
  if (build === undefined) return { reason: 'NoBuild' };
  const { url, revision = '', credentials, bundleContainer } = build.srcRepo;
  if (!url) return { reason: 'NoUrl' };
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(revision)) return { reason: 'PinnedRevision' };
  if (revision.length > longestRevision) {
    const message = `must not be longer than ${longestRevision} characters`;
    return { reason: 'RefNotFound', problems: [{ path: 'spec.build.srcRepo.revision', value: revision, message }] };
  }
  const planned = planGitSource(url, params);
  if ('problem' in planned) return { reason: 'BadUrl', problems: [planned.problem] };
  // A bundle is not built from the repository that is watched.
  const read = bundleContainer === undefined ? readWatchPaths(fn) : unfiltered;
  if (read.problems.length > 0) return { reason: 'BadPaths', problems: read.problems };
  const bundle = 'bundleContainer wins over url in builds; type source-image would watch it';
  return {
    source: planned.source,
    want: revision === '' ? 'HEAD' : revision,
    ...(read.paths.length === 0 ? {} : { paths: read.paths }),
    secret: credentials?.name || undefined,
    warnings: [...planned.warnings, ...(bundleContainer === undefined ? [] : [bundle]), ...read.warnings],
  };
}

const unfiltered: WatchPaths = { paths: [], warnings: [], problems: [] };

function planBundle(fn: FunctionObject, params: WatchParams): Target {
  const { build, imageCredentials } = fn.spec;
  if (build === undefined) return { reason: 'NoBuild' };
  const { bundleContainer, credentials } = build.srcRepo;
  if (!bundleContainer?.image) return { reason: 'NoBundle' };
  const written = { path: 'spec.build.srcRepo.bundleContainer.image', text: bundleContainer.image };
  return planTag(written, params, credentials?.name || imageCredentials?.name);
}

function planImage(fn: FunctionObject, params: WatchParams): Target {
  const { serving, image, imageCredentials } = fn.spec;
  if (serving === undefined) return { reason: 'NoServing' };
  return planTag({ path: 'spec.image', text: image }, params, imageCredentials?.name);
}

function planTag(
  written: { readonly path: string; readonly text: string },
  params: WatchParams,
  secret: string | undefined,
): Target {
  const image = parseImage(written.text);
  if ('error' in image) {
    // What stands in front of an @ may be a password.
    const value = written.text.includes('@') ? hidden : written.text;
    return { reason: 'BadUrl', problems: [{ path: written.path, value, message: `must be an image: ${image.error}` }] };
  }
  if (image.digest !== undefined) return { reason: 'PinnedImage' };
  const { registry, repository, tag = defaultTag } = image;
  const source: ImageSource = {
    kind: 'image',
    registry,
    repository,
    tag,
    ...(params.insecureRegistry ? { plainCredentials: true } : {}),
    ...(params.skipVerify ? { skipVerify: true } : {}),
  };
  return { source, want: tag, secret: secret || undefined, warnings: unusedKeys(params) };
}

/** Keys that only a Git source has a use for. */
function unusedKeys(params: WatchParams): readonly string[] {
  const unused = [
    ...(params.baseUrl === undefined ? [] : ['base-url']),
    ...(params.projectId === undefined ? [] : ['project-id']),
  ];
  return unused.map(key => `${key} in ${annotations.revisionControllerParams} has no use with type ${params.type}`);
}
