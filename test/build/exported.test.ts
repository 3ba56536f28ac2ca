// What `revflow export` writes for every golden Function and every sample: published definitions take the files, and Tekton's linter too.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { FunctionObject } from '../../src/function/schema.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { formatYaml } from '../../src/platform/yaml.ts';
import { inProcess } from '../cli/command.ts';
import { lintTekton } from '../pipelines/lint.ts';
import { hasPublished } from '../pipelines/manifests.ts';
import { faultsOf, readSchemas } from '../pipelines/schemas.ts';
import { isRealCluster } from '../servers/api-server.ts';
import { goldenFunctions, hasSamples, sampleFunctions } from './emission.ts';

/** The engines that can run it: hooks are Tasks. */
const enginesOf = ({ metadata }: FunctionObject) =>
  metadata.annotations?.['openfunction.io/build-hooks'] === undefined ? ['shipwright', 'tekton'] : ['tekton'];

const cases = [...goldenFunctions, ...sampleFunctions].flatMap((fn, at) =>
  enginesOf(fn).map(engine => ({ engine, fn, of: `${at}-${fn.metadata.name}` })),
);

describe(`what is exported${hasSamples ? '' : ' (the samples are skipped: not at hand)'}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'revflow-exported-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const written = new Map<string, readonly KubeObject[]>();

  beforeAll(async () => {
    for (const { engine, fn, of } of cases) {
      const { uid: _, ...metadata } = fn.metadata;
      const file = join(dir, `${of}.yaml`);
      writeFileSync(file, formatYaml({ ...fn, metadata }));
      const target = join(dir, `${of}-${engine}`);
      const { code, err } = await inProcess(['export', engine, '-f', file, '-o', target]);
      if (code !== 0) throw new Error(`${of} cannot be exported for ${engine}: ${err}`);
      const files = readdirSync(target).map(name => readFileSync(join(target, name), 'utf8'));
      written.set(
        `${engine} ${of}`,
        files.map(text => parse(text, { version: '1.1' }) as KubeObject),
      );
    }
  });

  it.skipIf(!hasPublished)('is taken by published definitions, and nothing of it is dropped', async () => {
    const schemas = await readSchemas();
    for (const [name, objects] of written) {
      for (const object of objects) {
        const schema = schemas.get(`${object.apiVersion} ${object.kind}`);
        expect({ name, faults: schema && faultsOf(schema, { ...object }) }).toEqual({ name, faults: [] });
      }
    }
  });

  it('is what Tekton’s linter finds no fault with', async () => {
    const runs = [...written.values()].flat().filter(({ kind }) => kind === 'PipelineRun');
    expect(runs.length).toBeGreaterThanOrEqual(goldenFunctions.length);
    const different = new Map(runs.map(run => [JSON.stringify(Object(run['spec']).pipelineSpec), run]));
    expect(
      await lintTekton([...different.values()].map((run, at) => ({ ...run, metadata: { name: `run-${at}` } }))),
    ).toEqual([]);
  });

  it.skipIf(!isRealCluster)('is taken by a real API server under strict validation', () => {
    const items = [...written.values()].flat().map(({ metadata, ...object }, at) => ({
      ...object,
      metadata: { ...metadata, name: `e${at}-${metadata.name}`.slice(0, 63), namespace: 'default' },
    }));
    const args = ['create', '--dry-run=server', '--validate=strict', '-o', 'name', '-f', '-'];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const { status, stdout, stderr } = spawnSync('kubectl', args, { input, encoding: 'utf8', maxBuffer: 1 << 26 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toHaveLength(items.length);
  });
});
