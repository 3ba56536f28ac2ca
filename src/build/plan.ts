// What a Function asks its Builder to be, what its build is made from, and the name that its inputs have.
import { withDefaults } from '../function/defaults.ts';
import { parseDuration } from '../function/duration.ts';
import { versionedHash } from '../function/hash.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { BuilderSpec } from '../function/schema-build.ts';

/** The spec of the Builder; undefined when nothing is to be built. `revision` is the id that it is pinned to, absent: as written. */
export function wantedBuilder(fn: FunctionObject, revision: string | undefined): BuilderSpec | undefined {
  const { image, imageCredentials, build } = withDefaults(fn).spec;
  if (build === undefined) return undefined;
  const spec: BuilderSpec = { ...build, image, ...(imageCredentials === undefined ? {} : { imageCredentials }) };
  return revision === undefined ? spec : pinned(spec, revision);
}

/** A bundle is pinned by a digest, a repository by anything else; an id of the other sort says nothing about this source. */
function pinned(spec: BuilderSpec, revision: string): BuilderSpec {
  const { srcRepo } = spec;
  const bundle = srcRepo.bundleContainer?.image;
  const isDigest = revision.includes(':');
  if (bundle !== undefined) {
    if (!isDigest) return spec;
    return {
      ...spec,
      srcRepo: {
        ...srcRepo,
        bundleContainer: { ...srcRepo.bundleContainer, image: bundleOf(spec, revision) ?? bundle },
      },
    };
  }
  return isDigest ? spec : { ...spec, srcRepo: { ...srcRepo, revision } };
}

/** The image of a bundle, pinned where it can be; undefined when the source is none. */
export function bundleOf({ srcRepo }: BuilderSpec, revision: string | undefined): string | undefined {
  const bundle = srcRepo.bundleContainer?.image;
  return bundle && revision ? `${bundle.split('@')[0]}@${revision}` : bundle;
}

/** The variables of a build by name. */
export function sortedEnv({ env = {} }: BuilderSpec): readonly (readonly [string, string])[] {
  return Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Hash of what changes the build. How long it may take and how long its Builder is kept do not; an empty text is an absent one, and so
 * is a reference without a name. What another field overrules, and what is written though it is the default, change nothing.
 */
export function buildInputHash(spec: BuilderSpec): string {
  const { shipwright, srcRepo, builder, builderCredentials, imageCredentials, dockerfile, image } = spec;
  const bundle = srcRepo.bundleContainer?.image;
  return versionedHash({
    image,
    imageCredentials: reference(imageCredentials),
    builder: builder || undefined,
    builderCredentials: builder ? reference(builderCredentials) : undefined,
    dockerfile: dockerfile || undefined,
    env: Object.keys(spec.env ?? {}).length === 0 ? undefined : spec.env,
    strategy: strategyOf(shipwright?.strategy),
    params: (shipwright?.params ?? []).length === 0 ? undefined : shipwright?.params,
    bundle,
    url: bundle === undefined ? srcRepo.url || undefined : undefined,
    revision: bundle === undefined ? srcRepo.revision || undefined : undefined,
    subPath: srcRepo.sourceSubPath || undefined,
    credentials: reference(srcRepo.credentials),
  });
}

function strategyOf(strategy: NonNullable<BuilderSpec['shipwright']>['strategy']): object | undefined {
  if (strategy === undefined) return undefined;
  const { name } = strategy;
  if (strategy.kind === 'ClusterBuildStrategy')
    return name === 'openfunction' ? undefined : { name, kind: strategy.kind };
  return { name };
}

function reference(ref: { readonly name?: string } | undefined): string | undefined {
  return ref?.name || undefined;
}

/** How long a build may take, as it is written; undefined: as long as the engine allows. */
export function buildTimeout({ timeout, shipwright }: BuilderSpec): string | undefined {
  return timeout ?? shipwright?.timeout;
}

/** How long a build may take from the creation of its Builder, milliseconds; undefined: as long as the engine allows. */
export function buildTimeoutMs(spec: BuilderSpec): number | undefined {
  const text = buildTimeout(spec);
  const ms = text === undefined ? undefined : parseDuration(text);
  return ms === undefined || ms < 0 ? undefined : ms;
}
