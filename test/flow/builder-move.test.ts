// One builder image under many Functions: when it moves each is built once more, and never more at once than there are slots.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { parseFunction } from '../../src/function/schema.ts';
import { eventually } from '../eventually.ts';
import { pushImage } from '../servers/push-image.ts';
import {
  hasDockerRegistry,
  skipsWithoutDockerRegistry,
  startRegistry,
  type TestRegistry,
} from '../servers/registry.ts';
import { type System, startSystem } from './system.ts';

const slots = 5;
const many = 30;
const skipped = hasDockerRegistry ? '' : ` (${skipsWithoutDockerRegistry})`;

describe.skipIf(!hasDockerRegistry)(
  `a builder image of ${many} Functions under --max-builds ${slots}${skipped}`,
  () => {
    let system: System;
    let registry: TestRegistry;
    beforeAll(async () => {
      [system, registry] = await Promise.all([startSystem(), startRegistry()]);
    });
    afterAll(async () => {
      await system[Symbol.asyncDispose]();
      await registry.close();
    });

    /** Waits until all were built with this one. */
    const untilBuilt = (builder: string) =>
      eventually(
        `all are built with ${builder}`,
        async () => {
          const functions = await system.kube.list(kinds.function, { namespace: system.namespace });
          const built = functions.filter(object => {
            const parsed = parseFunction(object);
            const { build, watch } = ('ok' in parsed && parsed.ok.status) || {};
            return build?.state === 'Succeeded' && watch?.buildImages?.[0]?.digest === builder;
          });
          return built.length === many;
        },
        60_000,
      );

    it('moves: each is built exactly once more', async () => {
      const first = await pushImage(registry, 'team/builder:1', { seed: 'one' });
      const names = Array.from({ length: many }, (_, at) => `fn-${at}`);
      const annotations = {
        'openfunction.io/rebuild-on': 'builder-image',
        'openfunction.io/revision-controller': 'disable',
      };
      const build = { builder: `${registry.host}/team/builder:1`, srcRepo: { url: 'https://git.example/mono' } };
      const params = 'polling-interval: 1s';
      await Promise.all(names.map(name => system.create(name, { params, annotations, spec: { build } })));
      await system.plane({ allow: [registry.host], flags: [`--max-builds=${slots}`] });
      await untilBuilt(first);
      expect(system.farm.created).toHaveLength(many);

      const second = await pushImage(registry, 'team/builder:1', { seed: 'two' });
      await untilBuilt(second);
      expect(names.map(name => system.farm.revisionsOf(name))).toEqual(names.map(() => [undefined, undefined]));
      expect(system.farm.mostAlive).toBeLessThanOrEqual(slots);
    });
  },
);
