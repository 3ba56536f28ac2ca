// What was done in a step of a recording, read from the step's name.

/** A path into the Function, such as `spec.build.env`. */
export type Path = readonly string[];

/** Kinds of objects that a step may delete. */
export type Deletable = 'Function' | 'Builder' | 'Build' | 'BuildRun' | 'Serving';

export type Deed =
  /** The recording only waited for what was under way. */
  | { readonly kind: 'look' }
  /** `path` undefined: that which an earlier step edited. `from` is what stood there, where the name tells it. */
  | { readonly kind: 'edit'; readonly path?: Path; readonly from?: string; readonly to?: string }
  | { readonly kind: 'add' | 'remove'; readonly path: Path }
  | { readonly kind: 'delete'; readonly what: Deletable }
  /** Somebody else wrote the status as it then stood: these members of it, or blanked them. */
  | {
      readonly kind: 'write';
      readonly members: readonly ('sources' | 'revision')[];
      readonly blanks: readonly string[];
    }
  /** Time passed: more than this field says. */
  | { readonly kind: 'wait'; readonly field: 'timeout' | 'builderMaxAge' }
  | { readonly kind: 'run'; readonly says: 'registered False' | 'Unknown' | 'unfinished' | 'succeeded' }
  /** Of a workload, a route or a gateway: builds have no part in it. */
  | { readonly kind: 'elsewhere' };

type Reader = readonly [pattern: RegExp, deed: (match: RegExpExecArray) => Deed];

const look: Deed = { kind: 'look' };
const elsewhere: Deed = { kind: 'elsewhere' };

/** The first that matches counts. */
const readers: readonly Reader[] = [
  [/^(after-apply|rejected|built|building|starting|serving-starting|running|end|route-accepted)\b/, () => look],
  [/^(second serving running|injected|a later build fails while running)$/, () => look],
  [/^build(-| \d+ | )?(succeeded|failed)\b/, () => look],
  [/^second build succeeded\b/, () => look],
  [/^BuildRun ?(Timeout|Canceled|BuildRegistrationFailed)$/, () => look],
  [/^Build registered False/, () => ({ kind: 'run', says: 'registered False' })],
  [/^BuildRun condition Unknown$/, () => ({ kind: 'run', says: 'Unknown' })],
  [/^BuildRun condition False without completionTime$/, () => ({ kind: 'run', says: 'unfinished' })],
  [/^the BuildRun succeeds afterwards$/, () => ({ kind: 'run', says: 'succeeded' })],
  [/^timeout passed$/, () => ({ kind: 'wait', field: 'timeout' })],
  [/^older than builderMaxAge$/, () => ({ kind: 'wait', field: 'builderMaxAge' })],
  [/^delete the (?:running |failed )?(Function|Builder|Build|BuildRun|Serving)\b/, ([, what]) => deletion(what)],
  [/^delete (spec\.\S+?)[:]?$/, ([, path]) => ({ kind: 'remove', path: specPath(path) })],
  [/^add (spec\.\w+)/, ([, path]) => ({ kind: 'add', path: specPath(path) })],
  [/^edit (?:the|clusterDomain|domain|listeners|hostTemplate|pathTemplate|httpRouteLabelKey)\b/, () => elsewhere],
  [/^edit (\S+?):? from (.+) to (.+)$/, ([, path, from, to]) => ({ ...edit(path), from: text(from), to: text(to) })],
  [/^edit(?: again\b|,)/, () => ({ kind: 'edit' })],
  [/^edit ([\w.]+)/, ([, path]) => edit(path)],
  [/^(\w+) back to (\w+)$/, ([, path, to]) => ({ ...edit(path), to: text(to) })],
  [/\b(written|blanked)\b/, ({ input }) => written(input)],
  [
    /^(workload|proxy|Deployments?|Knative|HTTPRoutes?|Services?|Kubernetes|Ready|the running one|address)\b/,
    () => elsewhere,
  ],
  [
    /^(delete the|remove a|no Kubernetes|listeners|status of the|gatewayRef moved|a listener|a Component)\b/,
    () => elsewhere,
  ],
];

/** Throws for a name that no reader knows: what cannot be repeated must not pass for a replay. */
export function deedOf(step: string): Deed {
  for (const [pattern, deed] of readers) {
    const match = pattern.exec(step);
    if (match) return deed(match);
  }
  throw new Error(`the step "${step}" is not one that can be repeated`);
}

function deletion(what = ''): Deed {
  return { kind: 'delete', what: what as Deletable };
}

function edit(path: string | undefined): Extract<Deed, { kind: 'edit' }> {
  return { kind: 'edit', path: specPath(path) };
}

function written(name: string): Deed {
  if (name.startsWith('status of the')) return elsewhere;
  const blanks = name.includes('blanked') ? ['state', 'resourceHash'].filter(member => name.includes(member)) : [];
  return { kind: 'write', members: (['sources', 'revision'] as const).filter(member => name.includes(member)), blanks };
}

function text(value = ''): string {
  return value === 'empty string' ? '' : value;
}

const ofFunction = new Set(['image', 'imageCredentials', 'version', 'workloadRuntime', 'build', 'serving']);
const ofBuild = new Set([
  'builder',
  'builderCredentials',
  'shipwright',
  'env',
  'srcRepo',
  'dockerfile',
  'successfulBuildsHistoryLimit',
  'failedBuildsHistoryLimit',
  'builderMaxAge',
]);

/** Steps name a field by as much of its path as tells it. */
function specPath(told = ''): Path {
  const path = told.replace(/^spec\./, '').split('.');
  const [first = ''] = path;
  if (ofFunction.has(first)) return ['spec', ...path];
  return ['spec', ofBuild.has(first) ? 'build' : 'serving', ...path];
}
