// Plays Shipwright by hand: registers Builds and ends BuildRuns, by writing their statuses as its controllers do.
import { kinds } from '../../src/function/kinds.ts';
import type { Kind, Kube, KubeObject } from '../../src/platform/kube/kube.ts';

/** How a run ends well. */
export interface GoodEnd {
  readonly digest?: string;
  readonly size?: number;
  readonly commit?: string;
  readonly author?: string;
  readonly bundle?: string;
  readonly message?: string;
}

export interface Shipwright {
  /** All BuildRuns there are, oldest first. */
  runs(): Promise<readonly KubeObject[]>;
  /** The newest BuildRun; throws when there is none. */
  newest(): Promise<KubeObject>;
  /** The Build of a run. */
  buildOf(run: KubeObject): Promise<KubeObject>;
  succeed(run: KubeObject, end?: GoodEnd): Promise<void>;
  fail(run: KubeObject, reason?: string, message?: string): Promise<void>;
}

const end = '2026-01-01T00:01:00Z';

/** Shipwright in one namespace. */
export function playShipwright(kube: Kube, namespace: string): Shipwright {
  const writeStatus = (kind: Kind, { metadata }: KubeObject, status: object) =>
    kube.patch({ kind, namespace, name: metadata.name }, { status }, { subresource: 'status' });
  const finish = (run: KubeObject, condition: object, rest: object) =>
    writeStatus(kinds.buildRun, run, {
      conditions: [{ type: 'Succeeded', lastTransitionTime: end, ...condition }],
      completionTime: new Date(Date.parse(run.metadata.creationTimestamp ?? end) + 60_000).toISOString(),
      ...rest,
    });
  const runs = async () => {
    const all = await kube.list(kinds.buildRun, { namespace });
    return all.toSorted((a, b) => sequenceOf(a) - sequenceOf(b));
  };
  return {
    runs,
    async newest() {
      const run = (await runs()).at(-1);
      if (run === undefined) throw new Error(`there is no BuildRun in ${namespace}`);
      return run;
    },
    async buildOf(run) {
      const { build } = run['spec'] as { readonly build: { readonly name: string } };
      const found = await kube.get({ kind: kinds.build, namespace, name: build.name });
      if (found === undefined) throw new Error(`there is no Build ${build.name}`);
      return found;
    },
    async succeed(
      run,
      {
        digest,
        size = 1000,
        commit,
        author = 'A. Author',
        bundle,
        message = 'All Steps have completed executing',
      } = {},
    ) {
      const git = commit === undefined ? {} : { source: { git: { commitSha: commit, commitAuthor: author } } };
      const oci = bundle === undefined ? {} : { source: { ociArtifact: { digest: bundle } } };
      const output = digest === undefined ? {} : { output: { digest, size } };
      await finish(run, { status: 'True', reason: 'Succeeded', message }, { ...git, ...oci, ...output });
    },
    async fail(run, reason = 'Failed', message = 'the step build failed') {
      await finish(run, { status: 'False', reason, message }, {});
    },
  };
}

function sequenceOf({ metadata }: KubeObject): number {
  return Number(metadata.labels?.['openfunction.io/sequence'] ?? 0);
}
