// BuildRuns as Shipwright v1beta1 words them.
import { kinds } from '../../function/kinds.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { type BuildSpec, readBuildRun, readBuildSpec } from './build-object.ts';
import {
  begun,
  endedBadly,
  type Found,
  type Run,
  type RunDialect,
  refused,
  unlessMissing,
  withCondition,
} from './dialect.ts';
import { inputsOf, ValueReader } from './inputs.ts';
import { judgeBuild } from './registration.ts';
import type { RunSource } from './run-status.ts';

export const buildRuns: RunDialect = {
  kind: kinds.buildRun,
  read,
  async find({ object }, get) {
    const { name, spec } = readBuildRun(object)?.spec.build ?? {};
    if (spec === undefined && name === undefined) {
      return refused('BuildRunNoRefOrSpec', 'spec.build names neither a Build nor a spec');
    }
    const { namespace = '' } = object.metadata;
    const build = spec ? undefined : await get({ kind: kinds.build, namespace, name: name ?? '' });
    if (!spec && !build) return refused('BuildNotFound', `build.shipwright.io ${JSON.stringify(name)} not found`);
    return judged(spec ?? (build && readBuildSpec(build)), name, new ValueReader(get, namespace));
  },
  started: begun,
  fetched: source => fetched(source),
  succeeded: (run, { digest, size, message }, now) => ({
    completionTime: now,
    output: { digest, size },
    ...withCondition(run, { status: 'True', reason: 'Succeeded', message }, now),
  }),
  failed: (run, failure, now) => ({
    ...endedBadly(run, failure, now),
    ...(failure.details ? { failureDetails: failure.details } : {}),
  }),
  stopped: (stop, name, timeout) =>
    stop === 'cancelled'
      ? { reason: 'BuildRunCanceled', message: `BuildRun ${name} was cancelled` }
      : { reason: 'BuildRunTimeout', message: `BuildRun ${name} failed to finish within ${timeout}` },
};

function read(object: KubeObject): Run | undefined {
  const run = readBuildRun(object);
  if (run === undefined) return undefined;
  const { spec, status } = run;
  return {
    object,
    finished: status.completionTime !== undefined,
    cancelled: spec.state === 'BuildRunCanceled',
    pending: false,
    startTime: status.startTime,
    timeout: spec.timeout,
    known: status.source,
    succeeded: status.conditions?.find(({ type }) => type === 'Succeeded'),
  };
}

async function judged(spec: BuildSpec | undefined, name: string | undefined, reader: ValueReader): Promise<Found> {
  const { registered, reason, message } = judgeBuild(spec);
  if (spec && registered === 'True') {
    const { paramValues = [], env = [] } = spec;
    return unlessMissing(async () => ({ spec, inputs: await inputsOf(paramValues, env, reader) }));
  }
  const what = `the Build is not registered correctly, build: ${name ?? 'embedded'}, registered status: ${registered}`;
  return refused('BuildRegistrationFailed', `${what}, reason: ${reason}: ${message}`);
}

function fetched(source: RunSource): object {
  if (source.kind === 'oci') return { source: { ociArtifact: { digest: source.digest } } };
  const { kind: _, committedAt, ...git } = source;
  return { source: { git, ...(committedAt === undefined ? {} : { timestamp: committedAt }) } };
}
