// `openfunction.io/rebuild-on: builder-image`: the images that a Function is built with, each a source of its own that rebuilds when it moves.
import { withDefaults } from '../function/defaults.ts';
import { annotations } from '../function/names.ts';
import { hidden, type Problem, pathText, problemText } from '../function/problem.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { BuildSpec } from '../function/schema-build.ts';
import { parseWatchParams } from '../function/watch-params.ts';
import { defaultTag, type ImageReference, parseImage } from './image.ts';
import type { Watch } from './plan.ts';
import type { ImageSource } from './source.ts';

/** An image that is watched because builds are made with it. */
export interface BuildImageWatch extends Watch {
  /** As the spec writes it; its name in `status.watch.buildImages`. */
  readonly image: string;
}

interface BuildImagesPlan {
  /** At most `mostBuildImages`, each image once. */
  readonly watches: readonly BuildImageWatch[];
  /** Sentences for the condition's message; nothing stops because of them. */
  readonly warnings: readonly string[];
}

/** The builder and the run image. */
export const mostBuildImages = 2;

/** Calmer than a Git branch: builders move now and then, and many Functions stand on one. */
const defaultIntervalMs = 5 * 60_000;
const word = 'builder-image';
/** Parameters of strategies that name the run image, and the builder where it is not `spec.build.builder`. */
const params = { run: 'RUN_IMAGE', builder: 'builder-image' } as const;
const nothing: BuildImagesPlan = { watches: [], warnings: [] };

/** Plans the watches of a Function's build images. Pure, and total; nothing is watched unless the annotation asks for it. */
export function planBuildImages(fn: FunctionObject): BuildImagesPlan {
  const asked = fn.metadata.annotations?.[annotations.rebuildOn];
  if (asked === undefined || asked === '') return nothing;
  if (asked !== word) return { watches: [], warnings: [problemText(notUnderstood(asked))] };
  const { build } = withDefaults(fn).spec;
  if (build === undefined) return { watches: [], warnings: ['there is no spec.build to build again'] };
  const written = imagesOf(build);
  if (written.length === 0) return { watches: [], warnings: ['spec.build names no builder that could move'] };
  const planned = written.map(each => planImage(fn, build, each));
  const watches = planned.flatMap(each => ('watch' in each ? [each.watch] : []));
  return {
    watches: watches.filter((each, at) => watches.findIndex(other => other.image === each.image) === at),
    warnings: planned.flatMap(each => ('warning' in each ? [each.warning] : [])),
  };
}

function notUnderstood(value: string): Problem {
  return { path: pathText(['metadata', 'annotations', annotations.rebuildOn]), value, message: `must be ${word}` };
}

interface Written {
  readonly path: string;
  readonly text: string | undefined;
  readonly isBuilder: boolean;
}

function imagesOf(build: BuildSpec): readonly Written[] {
  const builder = paramOf(build, params.builder) ?? { path: 'spec.build.builder', text: build.builder ?? '' };
  const run = paramOf(build, params.run) ?? { path: '', text: '' };
  return [
    { ...builder, isBuilder: true },
    { ...run, isBuilder: false },
  ].filter(({ text }) => text !== '');
}

/** A parameter as it is given last; `text` is absent where a ConfigMap or a Secret has its value. */
function paramOf({ shipwright }: BuildSpec, name: string): Omit<Written, 'isBuilder'> | undefined {
  const given = shipwright?.params ?? [];
  const at = given.findLastIndex(param => param?.name === name);
  const param = given[at];
  if (!param) return undefined;
  const text = param.configMapValue || param.secretValue ? undefined : (param.value ?? '');
  return { path: `spec.build.shipwright.params[${at}]`, text };
}

function planImage(
  fn: FunctionObject,
  build: BuildSpec,
  { path, text, isBuilder }: Written,
): { readonly watch: BuildImageWatch } | { readonly warning: string } {
  if (text === undefined) return { warning: `${path} has no value that could be looked at` };
  const image = parseImage(text);
  if ('error' in image) {
    // What stands in front of an @ may be a password.
    const value = text.includes('@') ? hidden : text;
    return { warning: problemText({ path, value, message: `must be an image: ${image.error}` }) };
  }
  if (image.digest !== undefined) return { warning: `${path} is named by digest and never moves` };
  const { registry, repository, tag = defaultTag } = image;
  const read = parseWatchParams(fn.metadata.annotations?.[annotations.revisionControllerParams]);
  const own = registryOf(fn.spec.image) === registry ? read.params : undefined;
  const source: ImageSource = {
    kind: 'image',
    registry,
    repository,
    tag,
    ...(own?.insecureRegistry ? { plainCredentials: true } : {}),
    ...(own?.skipVerify ? { skipVerify: true } : {}),
  };
  const isBuilders = isBuilder || registryOf(imagesOf(build)[0]?.text ?? '') === registry;
  const secret = (isBuilders && build.builderCredentials?.name) || (own && fn.spec.imageCredentials?.name);
  const intervalMs = read.given.includes('polling-interval') ? read.params.intervalMs : defaultIntervalMs;
  return {
    watch: { image: text, type: 'image', source, want: tag, secret: secret || undefined, intervalMs, warnings: [] },
  };
}

/** Params and credentials of a Function are for its own registry. */
function registryOf(text: string): ImageReference['registry'] | undefined {
  const image = parseImage(text);
  return 'error' in image ? undefined : image.registry;
}
