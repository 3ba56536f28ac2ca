// A repository that five hundred Functions are built from: no more runs at once than there are slots, fair, and none forgotten.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { eventually } from '../eventually.ts';
import { type BuilderFarm, digestOf, startBuilderFarm } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

const slots = 5;
const many = 440;
const few = 60;

describe('five hundred Functions on one repository under --max-builds 5', () => {
  let system: System;
  let small: string;
  let farm: BuilderFarm;

  beforeAll(async () => {
    system = await startSystem();
    small = await system.cluster.namespace();
    await system.farm[Symbol.asyncDispose]();
    farm = await startBuilderFarm(system.kube, [system.namespace, small]);
  });
  afterAll(async () => {
    await farm[Symbol.asyncDispose]();
    await system[Symbol.asyncDispose]();
  });

  const create = (namespace: string, name: string) =>
    system.kube.create(kinds.function, functionOf({ namespace, name, url: `${system.git.url}/team/mono.git` }));
  const createAll = async (namespace: string, count: number) => {
    for (let at = 0; at < count; at += 20) {
      const names = Array.from({ length: Math.min(20, count - at) }, (_, offset) => `fn-${at + offset}`);
      await Promise.all(names.map(name => create(namespace, name)));
    }
  };
  const unserved = async (namespace: string, revision: string) => {
    const servings = await system.kube.list(kinds.serving, { namespace });
    const images = new Set(servings.map(imageOf));
    const functions = await system.kube.list(kinds.function, { namespace });
    return functions.filter(
      ({ metadata: { name } }) => !images.has(`registry.example/${name}:v1@${digestOf(name, revision)}`),
    );
  };

  it('never live in more than five runs, each is built once and served, and a small namespace does not wait for a big one', async () => {
    const repository = await system.git.repository('team/mono');
    const revision = await repository.commit();
    await createAll(system.namespace, many);
    await createAll(small, few);
    const flags = [`--max-builds=${slots}`, `--namespaces=${system.namespace},${small}`];
    await system.plane({ flags });

    await eventually(
      'all are served',
      async () => {
        if (farm.created.length < many + few) return false;
        const left = await Promise.all([system.namespace, small].map(namespace => unserved(namespace, revision)));
        return left.flat().length === 0;
      },
      280_000,
    );

    expect(farm.mostAlive).toBeLessThanOrEqual(slots);
    expect(farm.created).toHaveLength(many + few);
    expect(new Set(farm.created.map(run => `${run.namespace}/${run.function}`)).size).toBe(many + few);
    expect(new Set(farm.created.map(run => run.revision))).toEqual(new Set([revision]));
    // In turns: when the last of the few starts, the big namespace had about as many.
    const last = farm.created.findLastIndex(run => run.namespace === small);
    expect(last).toBeLessThan(3 * few);
  }, 300_000);
});

function functionOf({
  namespace,
  name,
  url,
}: {
  readonly namespace: string;
  readonly name: string;
  readonly url: string;
}): KubeObject {
  const { apiVersion, kind } = kinds.function;
  const annotations = {
    'openfunction.io/revision-controller': 'enable',
    'openfunction.io/revision-controller-params': 'repo-type: git\npolling-interval: 1s',
  };
  const spec = {
    image: `registry.example/${name}:v1`,
    build: { builder: 'registry.example/builder:1', srcRepo: { url, revision: 'main' } },
    serving: { triggers: { http: {} } },
  };
  return { apiVersion, kind, metadata: { namespace, name, annotations }, spec };
}

function imageOf(serving: KubeObject): string | undefined {
  return (serving['spec'] as { readonly image?: string }).image;
}
