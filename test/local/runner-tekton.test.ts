// The local runner plays Tekton: PipelineRuns as revflow emits them are carried out, and end in Tekton's words.
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/build/backend.ts';
import { tekton } from '../../src/build/tekton/backend.ts';
import { kinds } from '../../src/function/kinds.ts';
import type { BuilderObject } from '../../src/function/schema.ts';
import type { BuilderSpec } from '../../src/function/schema-build.ts';
import { runnerBench } from './runner-bench.ts';
import { pulled } from './work-bench.ts';

const bench = runnerBench();
const { pipelineRun } = kinds;
let made = 0;

/** Creates the run that the backend emits; gives its name. */
async function order(spec: Partial<BuilderSpec>, edit: (run: object) => object = run => run): Promise<string> {
  made += 1;
  const builder: BuilderObject = {
    apiVersion: kinds.builder.apiVersion,
    kind: kinds.builder.kind,
    metadata: { name: `b${made}`, namespace: bench.namespace, uid: 'u' },
    spec: { image: `${bench.registry.host}/${bench.namespace}/fn:v1`, srcRepo: {}, ...spec },
  };
  const [emitted] = tekton.emit({ builder, revision: undefined });
  if (emitted === undefined) throw new Error('nothing is emitted');
  const { ownerReferences: _, ...metadata } = emitted.object.metadata;
  await bench.cluster.kube.create(pipelineRun, {
    ...emitted.object,
    metadata,
    spec: edit(Object(emitted.object['spec'])),
  });
  return metadata.name;
}

/** What the backend reads of a run that has ended. */
async function ended(name: string): Promise<RunResult> {
  await bench.until(pipelineRun, name, ({ completionTime }) => completionTime);
  const run = await bench.cluster.kube.get({ kind: pipelineRun, namespace: bench.namespace, name });
  if (run === undefined) throw new Error('the run is gone');
  return tekton.result(run);
}

describe('a PipelineRun', () => {
  it('is carried out: cloned, packed and pushed, and its results are those of Tekton', async () => {
    await bench.start();
    const repository = await bench.git.repository('o/r');
    const commit = await repository.commit({ files: { 'fn/main.js': 'one' } });
    const name = await order({ srcRepo: { url: repository.url, revision: 'main', sourceSubPath: 'fn' } });
    const result = await ended(name);
    expect(result).toMatchObject({
      phase: 'succeeded',
      note: 'packed, not built: strategy openfunction needs a cluster',
      output: { size: expect.any(Number) },
      sources: [{ name: 'default', git: { commitSha: commit, commitAuthor: 'Test' } }],
    });
    const { digest } = await pulled(bench.registry.url, `${bench.namespace}/fn`, 'v1');
    expect(result).toMatchObject({ output: { digest } });
    const status = await bench.until(pipelineRun, name, each => each);
    expect(status['results']).toEqual([
      { name: 'CHAINS-GIT_URL', value: repository.url },
      { name: 'CHAINS-GIT_COMMIT', value: commit },
      { name: 'commit-author', value: 'Test' },
      { name: 'IMAGE_URL', value: `${bench.registry.host}/${bench.namespace}/fn:v1` },
      { name: 'IMAGE_DIGEST', value: digest },
      { name: 'image-size', value: expect.stringMatching(/^\d+$/) },
    ]);
    expect(status['conditions']).toMatchObject([{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }]);
  });

  it('of a bundle unpacks it, and tells its digest', async () => {
    await bench.start();
    const repository = await bench.git.repository('o/source');
    await repository.commit({ files: { 'main.js': '' } });
    const image = `${bench.registry.host}/${bench.namespace}/source:v1`;
    await ended(await order({ image, srcRepo: { url: repository.url } }));
    const { digest } = await pulled(bench.registry.url, `${bench.namespace}/source`, 'v1');
    const result = await ended(await order({ srcRepo: { bundleContainer: { image } } }));
    expect(result).toMatchObject({ phase: 'succeeded', sources: [{ name: 'default', bundle: { digest } }] });
  });

  it('takes what is guarded against Tekton and Kubernetes for what it means', async () => {
    await bench.start();
    const repository = await bench.git.repository('o/guarded');
    const revision = 'a$$b$(params.image)';
    const commit = await repository.commit();
    await repository.branch(revision, commit);
    const result = await ended(await order({ srcRepo: { url: repository.url, revision } }));
    expect(result).toMatchObject({ phase: 'succeeded', sources: [{ git: { commitSha: commit } }] });
  });

  it('fails in Tekton’s words, with the reason of the failure', async () => {
    await bench.start();
    const repository = await bench.git.repository('o/none');
    await repository.commit();
    const missing = await ended(await order({ srcRepo: { url: repository.url, revision: 'nowhere' } }));
    expect(missing).toMatchObject({ phase: 'failed', state: 'Failed', reason: 'Failed', failure: 'build' });
    expect(missing).toMatchObject({ message: expect.stringContaining('revision "nowhere"') });
    const wrong = await ended(await order({ srcRepo: { url: 'file:///etc' } }));
    expect(wrong).toMatchObject({ phase: 'failed', reason: 'InvalidParamValue', failure: 'config' });
  });

  it('is cancelled, and its work is killed', async () => {
    await bench.start();
    const repository = await bench.git.repository('o/cancelled');
    await repository.commit();
    const hanging = bench.hang();
    const name = await order({ srcRepo: { url: repository.url } });
    await hanging;
    await bench.cluster.kube.patch({ kind: pipelineRun, namespace: bench.namespace, name }, tekton.cancel);
    expect(await ended(name)).toMatchObject({
      phase: 'failed',
      state: 'Canceled',
      reason: 'Cancelled',
      failure: 'user',
    });
  });

  it('that takes longer than it may ends as timed out', async () => {
    await bench.start();
    const repository = await bench.git.repository('o/slow');
    await repository.commit();
    const hanging = bench.hang();
    const name = await order({ srcRepo: { url: repository.url }, timeout: '1s' });
    await hanging;
    expect(await ended(name)).toMatchObject({
      phase: 'failed',
      state: 'Timeout',
      reason: 'PipelineRunTimeout',
      message: expect.stringContaining('failed to finish within "1s"'),
    });
  });

  it('that is pending waits, and one that was stopped meanwhile is taken up at the commit that it had fetched', async () => {
    await bench.start();
    const repository = await bench.git.repository('o/again');
    await repository.commit();
    const pending = (spec: object) => ({ ...spec, status: 'PipelineRunPending' });
    const name = await order({ srcRepo: { url: repository.url } }, pending);
    const known = await repository.commit();
    const ref = { kind: pipelineRun, namespace: bench.namespace, name };
    const results = [{ name: 'CHAINS-GIT_COMMIT', value: known }];
    await repository.commit();
    await bench.cluster.kube.patch(ref, { status: { results } }, { subresource: 'status' });
    await bench.cluster.kube.patch(ref, { spec: { status: null } });
    expect(await ended(name)).toMatchObject({ phase: 'succeeded', sources: [{ git: { commitSha: known } }] });
  });

  it('is not carried out when its pipeline is another one, or has Tasks that need a cluster', async () => {
    await bench.start();
    const other = { pipelineSpec: { tasks: [{ name: 'build', taskSpec: { steps: [] } }] }, params: [] };
    expect(await ended(await order({ srcRepo: { url: 'https://git.example/f' } }, () => other))).toMatchObject({
      reason: 'CouldntGetPipeline',
      failure: 'config',
    });
    const hook = { name: 'before-1', taskRef: { name: 'test' } };
    const hooked = (spec: object) => {
      const { pipelineSpec } = spec as { readonly pipelineSpec: { readonly tasks: readonly object[] } };
      return { ...spec, pipelineSpec: { ...pipelineSpec, tasks: [...pipelineSpec.tasks, hook] } };
    };
    expect(await ended(await order({ srcRepo: { url: 'https://git.example/f' } }, hooked))).toMatchObject({
      reason: 'CouldntGetTask',
      message: expect.stringContaining('before-1'),
    });
  });

  it('whose parameter comes from a Secret that is not there fails, and says which', async () => {
    await bench.start();
    const params = [{ name: 'build-args', values: [{ secretValue: { name: 'none', key: 'k' } }] }];
    const name = await order({
      srcRepo: { url: 'https://git.example/f' },
      shipwright: { strategy: { name: 'buildah' }, params },
    });
    expect(await ended(name)).toMatchObject({ reason: 'Failed', message: expect.stringContaining('no Secret "none"') });
  });
});
