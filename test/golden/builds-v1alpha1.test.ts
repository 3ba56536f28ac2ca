// Builds of v1alpha1 against those that OpenFunction's own controllers made of the same Builders (../shared/goldens), field by field.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { shipwrightV1alpha1 } from '../../src/build/shipwright/backend.ts';
import { parseBuilder } from '../../src/function/schema.ts';
import type { BuilderSpec } from '../../src/function/schema-build.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';

const root = join(import.meta.dirname, '../../../shared/goldens/functions');
const isHere = existsSync(root);

interface Value {
  readonly value?: string;
  readonly configMapValue?: object;
  readonly secretValue?: object;
}
interface Recorded {
  readonly output: object;
  readonly paramValues?: readonly (Value & { readonly name: string; readonly values?: readonly Value[] })[];
  readonly timeout?: string;
}

function read(file: string): readonly KubeObject[] {
  if (!existsSync(file)) return [];
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap(each => (each.toJS() as KubeObject | null) ?? []);
}

/** Each recorded Builder with the Build and the BuildRun that it owns. */
const recorded = (isHere ? ['samples', 'cases'] : []).flatMap(part =>
  readdirSync(join(root, part)).flatMap(name => {
    const objects = read(join(root, part, name, 'objects-building.yaml'));
    const owned = (kind: string, by: KubeObject) =>
      objects.find(each => each.kind === kind && each.metadata.ownerReferences?.[0]?.name === by.metadata.name);
    return objects.flatMap(builder => {
      const [build, run] = [owned('Build', builder), owned('BuildRun', builder)];
      return builder.kind === 'Builder' && build && run ? [{ name: `${part}/${name}`, builder, build, run }] : [];
    });
  }),
);

describe.skipIf(!isHere)(`recorded Builds${isHere ? '' : ' (skipped: not at hand)'}`, () => {
  it.each(recorded)('of $name are what ours are', ({ builder, build, run }) => {
    const parsed = parseBuilder({ ...builder, metadata: { name: 'b', namespace: 'n', uid: 'u' } });
    if (!('ok' in parsed)) throw new Error('the Builder cannot be read');
    const [ours, ourRun] = shipwrightV1alpha1.emit({ builder: parsed.ok, revision: undefined });
    expect(ours?.object.apiVersion).toBe(build.apiVersion);
    expect(ours?.object['spec']).toEqual(expected(build['spec'] as Recorded, parsed.ok.spec));
    const own = { buildRef: { name: ours?.object.metadata.name }, serviceAccount: { generate: true } };
    expect(run['spec']).toEqual({ ...own, buildRef: { name: build.metadata.name } });
    expect(ourRun?.object['spec']).toEqual(own);
  });

  it('are many', () => {
    expect(recorded.length).toBeGreaterThan(30);
  });
});

/**
 * What differs on purpose: the image says where its source is; variables stand in the environment too, and in `ENV_VARS` sorted and only
 * where the strategy knows it; a reference has no empty value beside it; the timeout is the whole one, for the Build is created with its
 * Builder.
 */
function expected(old: Recorded, { env = {}, shipwright, srcRepo, ...rest }: BuilderSpec): object {
  const { paramValues = [], timeout: _, ...same } = old;
  const own = paramValues.slice(0, shipwright?.params?.length ?? 0).map(param => {
    const { values, name } = param;
    return values ? { name, values: values.map(oneValue) } : { name, ...oneValue(param) };
  });
  const variables = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const isKnown = (shipwright?.strategy?.name ?? 'openfunction') === 'openfunction' && variables.length > 0;
  const joined = { name: 'ENV_VARS', value: variables.map(([name, value]) => `${name}=${value}#`).join('') };
  const isOwn = own.some(({ name }) => name === 'ENV_VARS');
  const params = isKnown && !isOwn ? [...own, joined] : own;
  const timeout = rest.timeout ?? shipwright?.timeout;
  const isHttp = srcRepo.bundleContainer === undefined && /^https?:/.test(srcRepo.url ?? '');
  const notes = { 'org.opencontainers.image.source': srcRepo.url?.replace(/(?:\.git)?\/?$/, '') };
  return {
    ...same,
    output: { ...old.output, ...(isHttp ? { labels: notes, annotations: notes } : {}) },
    ...(params.length === 0 ? {} : { paramValues: params }),
    ...(variables.length === 0 ? {} : { env: variables.map(([name, value]) => ({ name, value })) }),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function oneValue({ value, configMapValue, secretValue }: Value): object {
  if (configMapValue) return { configMapValue };
  return secretValue ? { secretValue } : { value };
}
