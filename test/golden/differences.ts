// Where our children differ from the recorded ones on purpose, each with its reason.
import type { BuilderSpec } from '../../src/function/schema-build.ts';

/** Recordings whose Function is stored as it was at the end, after edits: their first children belong to another spec. */
const edited = /\/(?:life|crash)-/;

export function changed(name: string): boolean {
  return edited.test(name);
}

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

const zero = 'their webhook wrote a zero value in its place; here it is asked for';
const nothing =
  'an entry without its only member could never be read in their other version; nothing can be made of it';
const nulls = 'their webhook wrote nulls beside it, which their own schema refused';

/** Functions that are taken or refused otherwise than by OpenFunction's webhooks, each with the reason. */
export const otherVerdicts: Readonly<Record<string, string>> = {
  'serving timeout negative': 'a time that is over before it begins: no Serving could ever run',
  'srcRepo bundle without image': zero,
  'strategy without name': zero,
  'shipwright param without name': zero,
  'scaleUp policy without periodSeconds': zero,
  'scaleDown policy without periodSeconds': zero,
  'fallback without replicas': zero,
  'keda trigger without type': zero,
  'dapr trigger without name': zero,
  'binding without version': zero,
  'pubsub without type': zero,
  'tracing without enabled': zero,
  'output without dapr': nothing,
  'trigger input empty': nothing,
  'shipwright param with configMapValue': nulls,
  'shipwright param with configMapValue with format': nulls,
  'shipwright param with secretValue': nulls,
  'shipwright param with values with secretValue': nulls,
  'scalingStrategy eager': 'KEDA has it by now',
};
