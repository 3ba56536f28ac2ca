// What a Function gives its build reaches a Dockerfile in local mode through either engine's objects, as it was written.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shipwright } from '../../src/build/shipwright/backend.ts';
import { tekton } from '../../src/build/tekton/backend.ts';
import { kinds } from '../../src/function/kinds.ts';
import type { BuilderObject } from '../../src/function/schema.ts';
import { ask } from '../servers/push-image.ts';
import { runnerBench } from './runner-bench.ts';
import { pulled } from './work-bench.ts';

const bench = runnerBench();
const hasBuildah = (process.env['PATH'] ?? '').split(delimiter).some(folder => existsSync(join(folder, 'buildah')));
const why = hasBuildah ? '' : ' (skipped: buildah is not installed; apt-get install -y buildah)';
const dockerfile = [
  'FROM scratch',
  'ARG VERSION',
  'ARG NAMED',
  'ARG TOKEN',
  'LABEL version=$VERSION named=$NAMED token=$TOKEN',
  'COPY main.js /main.js',
  '',
].join('\n');
const hostile = `it's "x" $(HOME) $(params.image) $$`;

describe.skipIf(!hasBuildah)(`a Dockerfile${why}`, () => {
  it.each([shipwright, tekton])('is given arguments, variables and Secrets by $engine', async backend => {
    await bench.start();
    const { kube } = bench.cluster;
    const repository = await bench.git.repository(`o/${backend.engine}`);
    await repository.commit({ files: { 'docker/Own': dockerfile, 'main.js': '' } });
    const { apiVersion, kind } = kinds.secret;
    const metadata = { name: 'token', namespace: bench.namespace };
    const data = { key: Buffer.from('hush-hush').toString('base64') };
    await kube.create(kinds.secret, { apiVersion, kind, metadata, data });
    const params = [
      {
        name: 'build-args',
        values: [
          { value: `VERSION=${hostile}` },
          { value: 'NAMED' },
          { secretValue: { name: 'token', key: 'key', format: 'TOKEN=$$-${SECRET_VALUE}' } },
        ],
      },
    ];
    const builder: BuilderObject = {
      apiVersion: kinds.builder.apiVersion,
      kind: kinds.builder.kind,
      metadata: { name: `b-${backend.engine}`, namespace: bench.namespace, uid: 'u' },
      spec: {
        image: `${bench.registry.host}/${bench.namespace}/fn:v1`,
        srcRepo: { url: repository.url },
        dockerfile: 'docker/Own',
        env: { NAMED: hostile },
        shipwright: { strategy: { name: 'buildah', kind: 'ClusterBuildStrategy' }, params },
      },
    };
    for (const { kind: of, object } of backend.emit({ builder, revision: undefined })) {
      const { ownerReferences: _, ...own } = object.metadata;
      await kube.create(of, { ...object, metadata: own });
    }
    const name = backend.runName(builder.metadata.name);
    await bench.until(backend.run, name, ({ completionTime }) => completionTime);
    const run = await kube.get({ kind: backend.run, namespace: bench.namespace, name });
    const { digest, manifest } = await pulled(bench.registry.url, `${bench.namespace}/fn`, 'v1');
    expect(run && backend.result(run)).toMatchObject({ phase: 'succeeded', output: { digest } });
    const path = `/v2/${bench.namespace}/fn/blobs/${manifest.config.digest}`;
    const config: unknown = JSON.parse((await ask({ url: bench.registry.url }, path)).body.toString());
    const labels = { version: hostile, named: hostile, token: '$$-hush-hush' };
    expect(config).toMatchObject({ config: { Labels: labels } });
    const log = await readFile(join(bench.directory, 'logs', bench.namespace, `${name}.log`), 'utf8');
    expect(log).toContain('COPY main.js');
    expect(log).not.toContain('hush-hush');
  });
});
