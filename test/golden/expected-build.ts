// The v1beta1 Build that means what a recorded v1alpha1 one does, with the differences of every Build.
import type { BuilderSpec } from '../../src/function/schema-build.ts';

/** The parts of a v1alpha1 Build that OpenFunction writes. */
interface OldBuild {
  readonly source: {
    readonly url?: string;
    readonly revision?: string;
    readonly contextDir?: string;
    readonly credentials?: { readonly name: string };
    readonly bundleContainer?: { readonly image: string };
  };
  readonly strategy: object;
  readonly builder?: { readonly image: string };
  readonly dockerfile?: string;
  readonly output: { readonly image: string; readonly credentials?: { readonly name: string } };
  readonly paramValues?: readonly OldParam[];
}

interface OldParam {
  readonly name: string;
  readonly value?: string;
  readonly configMapValue?: object;
  readonly secretValue?: object;
  readonly values?: readonly Omit<OldParam, 'name'>[];
}

/** Their webhook insists on an empty value beside a reference; Shipwright wants exactly one of them. */
function oneValue<T extends Omit<OldParam, 'name'>>(param: T): object {
  const { value, values, ...rest } = param;
  const isReference = param.configMapValue !== undefined || param.secretValue !== undefined;
  return {
    ...rest,
    ...(value === undefined || isReference ? {} : { value }),
    ...(values === undefined ? {} : { values: values.map(item => oneValue(item)) }),
  };
}

/**
 * The v1beta1 spec that means the same: builder image and Dockerfile are parameters; variables are `env`, not one
 * parameter without escaping; the timeout is the whole one, since the Build is created with its Builder; `shipwright.timeout` stands in
 * for it; the pull credentials of the builder image have no place any more; the image says where its source is.
 */
export function expectedBuild(old: OldBuild, asked: BuilderSpec): object {
  const { source, builder, dockerfile, output } = old;
  // The variables come after the user's own parameters, one of which may have the same name.
  const own = asked.shipwright?.params?.length ?? 0;
  const params = [
    ...(old.paramValues ?? []).slice(0, own).map(param => oneValue(param)),
    ...(builder === undefined ? [] : [{ name: 'builder-image', value: builder.image }]),
    ...(dockerfile === undefined ? [] : [{ name: 'dockerfile', value: dockerfile }]),
  ];
  const env = envOf(old.paramValues?.[own]?.value ?? '');
  const timeout = asked.timeout ?? asked.shipwright?.timeout;
  return {
    source: expectedSource(source),
    strategy: old.strategy,
    ...(params.length === 0 ? {} : { paramValues: params }),
    ...(env.length === 0 ? {} : { env }),
    output: {
      image: output.image,
      ...(output.credentials ? { pushSecret: output.credentials.name } : {}),
      ...expectedNotes(source),
    },
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function expectedNotes({ url, bundleContainer }: OldBuild['source']): object {
  if (bundleContainer || url === undefined || !/^https?:/.test(url)) return {};
  const notes = { 'org.opencontainers.image.source': url.replace(/(?:\.git)?\/?$/, '') };
  return { labels: notes, annotations: notes };
}

function expectedSource(source: OldBuild['source']): object {
  const contextDir = source.contextDir === undefined ? {} : { contextDir: source.contextDir };
  const secret = source.credentials?.name;
  if (source.bundleContainer) {
    const artifact = { image: source.bundleContainer.image, ...(secret ? { pullSecret: secret } : {}) };
    return { type: 'OCI', ociArtifact: artifact, ...contextDir };
  }
  const revision = source.revision ? { revision: source.revision } : {};
  return {
    type: 'Git',
    git: { url: source.url, ...revision, ...(secret ? { cloneSecret: secret } : {}) },
    ...contextDir,
  };
}

function envOf(text: string): readonly object[] {
  const pairs = text.split('#').filter(pair => pair !== '');
  const entries = pairs.map(pair => ({
    name: pair.slice(0, pair.indexOf('=')),
    value: pair.slice(pair.indexOf('=') + 1),
  }));
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
