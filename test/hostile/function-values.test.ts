// Values that are huge, strange, deep or older than the definition: each is worked on, or refused in one line, and is no fault of ours.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kinds } from '../../src/function/kinds.ts';
import type { Problem } from '../../src/function/problem.ts';
import { KubeError, type KubeObject } from '../../src/platform/kube/kube.ts';
import { checkFunction } from '../../src/reconcile/check.ts';
import { eventually } from '../eventually.ts';
import { digestOf } from '../flow/builder-farm.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { type System, startSystem } from '../flow/system.ts';
import { createWorld, digest, gitSpec, shaA, type World, watching } from '../flow/world.ts';
import type { TestCluster } from '../servers/api-server.ts';
import { isRealCluster } from '../servers/api-server.ts';
import { type Field, fieldCases, fields } from './field-cases.ts';

const { apiVersion, kind } = kinds.function;

function functionOf(spec: unknown, metadata: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name: 'f', namespace: 'ns', uid: 'u', ...metadata }, spec };
}

function problemsOf(object: KubeObject): readonly Problem[] {
  const checked = checkFunction(object);
  return 'problems' in checked ? checked.problems : [];
}

/** So many maps, or lists, one in the other. */
function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  return Array.from({ length: levels }).reduce(wrap, 'x');
}

describe('a value that is nested deeper than anything real', () => {
  it.each([129, 1_000, 5_000, 9_900])('%i levels deep, is named wherever it is', levels => {
    for (const deep of [nested(levels, inner => ({ a: inner })), nested(levels, inner => [inner])]) {
      const spec = { ...gitSpec, serving: { template: { volumes: deep } } };
      const problems = problemsOf(functionOf(spec));
      expect(problems).toMatchObject([{ message: 'is nested deeper than 128 levels' }]);
      expect(problems[0]?.path).toMatch(/^spec\.serving\.template\.volumes/);
      expect(problemsOf(functionOf({ image: deep }))).toHaveLength(1);
      expect(problemsOf({ ...functionOf(gitSpec), status: { watch: deep } })).toHaveLength(1);
    }
  });
});

describe.skipIf(isRealCluster)(
  `an object of an older definition${isRealCluster ? ' (skipped: others use the definition)' : ''}`,
  () => {
    let cluster: TestCluster;
    let strict: KubeObject;
    beforeAll(async () => {
      cluster = await startReconcileCluster();
      strict = parse(
        await readFile(join(import.meta.dirname, '../../deploy/crd/functions.core.openfunction.io.yaml'), 'utf8'),
      );
    });
    afterAll(() => cluster[Symbol.asyncDispose]());

    /** The same definition, of which the schema takes everything. */
    function loose(): KubeObject {
      const copy = structuredClone(strict) as KubeObject & {
        spec: { versions: { schema: { openAPIV3Schema: object } }[] };
      };
      const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
      for (const version of copy.spec.versions) version.schema.openAPIV3Schema = open;
      return copy;
    }

    async function raw(world: World): Promise<KubeObject> {
      const object = await cluster.kube.get({ kind: kinds.function, namespace: world.namespace, name: 'f' });
      return object ?? expect.fail('it is gone');
    }

    const sample = fieldCases.filter((_, at) => at % 23 === 0);

    it.each(['stays', 'is replaced by the strict one'])(
      'is refused by the reconcile, where that definition %s',
      async fate => {
        await cluster.install([loose()]);
        const worlds: { readonly world: World; readonly path: string }[] = [];
        for (const { path, wrong, specWith } of sample) {
          const world = await createWorld(cluster);
          await cluster.kube.create(
            kinds.function,
            functionOf(specWith(wrong), { namespace: world.namespace, uid: undefined }),
          );
          worlds.push({ world, path });
        }
        if (fate !== 'stays') await cluster.install([strict]);
        for (const { world, path } of worlds) {
          const before = await raw(world);
          await world.reconcile();
          const { status, metadata, ...rest } = await raw(world);
          expect(status).toMatchObject({
            conditions: [
              { type: 'Ready', status: 'False', reason: 'InvalidSpec', message: expect.stringContaining(path) },
              { type: 'Stalled', status: 'True', reason: 'InvalidSpec', message: expect.stringContaining(', found ') },
            ],
          });
          const { apiVersion: group, kind: is, spec } = before;
          expect({ rest, generation: metadata.generation }).toEqual({
            rest: { apiVersion: group, kind: is, spec },
            generation: 1,
          });
          const children = await Promise.all([kinds.builder, kinds.serving, kinds.build].map(one => world.all(one)));
          expect(children.flat()).toEqual([]);
          expect(world.faults).toEqual([]);
          expect(world.events).toMatchObject([{ reason: 'InvalidSpec', type: 'Warning' }]);
          world.requests.length = 0;
          await world.reconcile();
          expect(world.requests).toEqual(['get functions/f']);
        }
      },
    );

    it('with a status that somebody broke is told so', async () => {
      await cluster.install([loose()]);
      for (const status of [
        { conditions: 'x' },
        { build: 7 },
        { conditions: [{ type: 7 }] },
        { watch: { left: {} } },
        'x',
      ]) {
        const world = await createWorld(cluster);
        await cluster.kube.create(kinds.function, functionOf(gitSpec, { namespace: world.namespace, uid: undefined }));
        await world.writeStatus(status as object);
        await world.reconcile();
        expect((await raw(world))['status']).toMatchObject({
          conditions: expect.arrayContaining([expect.objectContaining({ reason: 'InvalidSpec' })]),
        });
        expect(world.faults).toEqual([]);
      }
    });
  },
);

describe('a field of a right type', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startReconcileCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const strange = `x y\u0007\u001b[31m/../${'é'.repeat(20_000)}`;
  const texts = fields.filter(({ type }) => type === 'string');

  /** The base with what the field needs around it. */
  function merged(base: unknown, over: unknown): unknown {
    if (typeof base !== 'object' || base === null || Array.isArray(base)) return over ?? base;
    if (typeof over !== 'object' || over === null || Array.isArray(over)) return over ?? base;
    const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
    return Object.fromEntries([...keys].map(key => [key, merged(Reflect.get(base, key), Reflect.get(over, key))]));
  }

  /** What the Function says after its first look and its first build; undefined where the API server refused it. */
  async function told(spec: object): Promise<World | undefined> {
    const world = await createWorld(cluster);
    const created = await world.create(spec, watching()).catch((error: unknown) => {
      if (error instanceof KubeError && error.status === 422) return undefined;
      throw error;
    });
    if (created === undefined) return undefined;
    await world.reconcile();
    world.clock.advance(31_000);
    await world.reconcile();
    return world;
  }

  async function tryIt({ path, specWith }: Field): Promise<void> {
    const world = await told(merged(gitSpec, specWith(strange)) as object);
    expect({ path, faults: world?.faults ?? [] }).toEqual({ path, faults: [] });
    for (const { message, reason } of (await world?.read())?.status?.conditions ?? []) {
      expect({ path, reason }).not.toEqual({ path, reason: 'InternalError' });
      expect(message.length).toBeLessThanOrEqual(1_000);
      expect(message).not.toMatch(/\p{Cc}/u);
    }
  }

  it('with a huge and strange value is built, or refused in one line, and is no fault of ours', async () => {
    for (let at = 0; at < texts.length; at += 8) await Promise.all(texts.slice(at, at + 8).map(tryIt));
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('a branch may be called %s', async revision => {
    const world = await createWorld(cluster);
    const spec = merged(gitSpec, { build: { srcRepo: { revision } } }) as object;
    await world.create(spec, watching());
    await world.reconcile();
    expect(await world.condition('Watching')).toMatchObject({ status: 'Unknown', reason: 'AwaitingFirstObservation' });
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    expect((await world.read()).status?.build).toMatchObject({ revision: shaA, state: 'Succeeded' });
  });
});

describe('a control plane', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const deep = (levels: number) => {
    const template = { containers: [], extra: nested(levels, inner => ({ a: inner })) };
    const metadata = { name: `deep-${levels}`, namespace: system.namespace, uid: undefined };
    return functionOf({ ...gitSpec, serving: { template } }, metadata);
  };

  it('lives with Functions that are nested thousands of levels deep, and says so', async () => {
    const made = ['deep-200'];
    await system.kube.create(kinds.function, deep(200));
    const thousands = system.kube.create(kinds.function, deep(4_000));
    if (isRealCluster) made.push((await thousands).metadata.name);
    else await expect(thousands).rejects.toMatchObject({ status: 400, message: expect.stringContaining('max depth') });
    const plane = await system.plane();
    const repository = await system.git.repository('team/good');
    const commit = await repository.commit();
    await system.create('good');
    await system.untilServed('good', digestOf('good', commit));
    for (const name of made) {
      const object = await eventually(`${name} is told`, async () => {
        const found = await system.kube.get({ kind: kinds.function, namespace: system.namespace, name });
        return found?.['status'] === undefined ? undefined : found;
      });
      const message = expect.stringMatching(/^spec\.serving\.template\.extra.* is nested deeper/);
      expect(object['status']).toMatchObject({ conditions: [{ type: 'Ready' }, { type: 'Stalled', message }] });
    }
    expect(plane.log()).not.toContain('"level":"error"');
  });

  it.skipIf(isRealCluster)('sees no object of the embedded API server grow deeper by patches', async () => {
    const ref = { kind: kinds.function, namespace: system.namespace, name: 'grown' };
    await system.kube.create(kinds.function, { ...deep(1), metadata: { name: 'grown', namespace: system.namespace } });
    const within = (levels: number) => nested(levels, inner => ({ a: inner }));
    const patched = (extra: unknown) => system.kube.patch(ref, { spec: { serving: { template: { extra } } } });
    await patched(within(400));
    await expect(patched(within(900))).rejects.toMatchObject({ status: 400 });
    await patched(JSON.parse('{"__proto__":{"polluted":"x"},"constructor":{"prototype":{"polluted":"x"}}}'));
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(JSON.stringify(await system.kube.get(ref))).toContain('"__proto__":{"polluted":"x"}');
  });
});
