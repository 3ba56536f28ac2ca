// The Builders and Servings of every sample and golden Function: our own definitions take them and drop nothing, and so do OpenFunction's.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutUnknown } from '../../src/app/cli/unknown-fields.ts';
import { builderFor } from '../../src/build/builder.ts';
import { wantedBuilder } from '../../src/build/plan.ts';
import { definitions } from '../../src/function/crd/definitions.ts';
import { builderName, servingName } from '../../src/function/names.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { wantedServing } from '../../src/serving/plan.ts';
import { servingFor } from '../../src/serving/serving.ts';
import { hasPublished, published } from '../pipelines/manifests.ts';
import { faultsOf, schemasOf } from '../pipelines/schemas.ts';
import { isRealCluster, readDefinitions } from '../servers/api-server.ts';
import { goldenFunctions, hasSamples, sampleFunctions } from './emission.ts';

function children(fn: FunctionObject): readonly KubeObject[] {
  const { uid } = fn.metadata;
  const builder = wantedBuilder(fn, 'c'.repeat(40));
  const serving = wantedServing(fn, `sha256:${'1'.repeat(64)}`);
  return [
    ...(builder ? [builderFor(fn, { name: builderName(uid, 1), sequence: 1 }, builder)] : []),
    ...(serving ? [servingFor(fn, { name: servingName(uid, 2), sequence: 2 }, serving)] : []),
  ];
}

const made = [...goldenFunctions, ...sampleFunctions].map(fn => ({
  name: fn.metadata.name,
  objects: children(withoutUnknown(fn).fn),
}));
const kinds = (kind: string) => made.flatMap(({ objects }) => objects.filter(object => object.kind === kind));

describe(`Builders and Servings${hasSamples ? '' : ' (of samples: skipped, not at hand)'}`, () => {
  it('are there', () => {
    expect(kinds('Builder').length).toBeGreaterThanOrEqual(goldenFunctions.length);
    expect(kinds('Serving').length).toBeGreaterThanOrEqual(hasSamples ? 20 : 0);
  });

  it.each(made)('of $name are taken by our own definitions, and nothing of them is dropped', ({ objects }) => {
    const schemas = schemasOf(definitions);
    for (const object of objects) expect(taken(schemas, object)).toEqual([]);
  });

  it.skipIf(!hasPublished)('are taken by OpenFunction’s definitions too, so that going back is possible', async () => {
    const schemas = schemasOf(await readDefinitions(join(published, 'openfunction')));
    for (const object of made.flatMap(({ objects }) => objects)) expect(taken(schemas, object)).toEqual([]);
  });

  it.skipIf(!isRealCluster)('are taken by a real API server under strict validation', () => {
    const items = made.flatMap(({ objects }, at) =>
      objects.map(({ metadata, ...object }) => ({ ...object, metadata: { name: `c${at}-${metadata.name}` } })),
    );
    const args = ['create', '--dry-run=server', '--validate=strict', '-n', 'default', '-o', 'name', '-f', '-'];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const { status, stdout, stderr } = spawnSync('kubectl', args, { input, encoding: 'utf8', maxBuffer: 1 << 26 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toHaveLength(items.length);
  });
});

function taken(schemas: ReturnType<typeof schemasOf>, object: KubeObject): readonly unknown[] {
  const schema = schemas.get(`${object.apiVersion} ${object.kind}`);
  return schema === undefined ? [`there is no definition of ${object.kind}`] : faultsOf(schema, { ...object });
}
