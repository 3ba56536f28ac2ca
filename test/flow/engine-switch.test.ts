// `openfunction.io/build-engine` is edited while a build starts: whatever request the worker died at, there is one run, on one engine.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { KubeError } from '../../src/platform/kube/kube.ts';
import { hasPublished, published } from '../pipelines/manifests.ts';
import { readDefinitions, type TestCluster } from '../servers/api-server.ts';
import { startReconcileCluster } from './cluster.ts';
import { createWorld, gitSpec, shaA, type World, watching } from './world.ts';

interface Point {
  /** Counted from 1; 0: none. */
  readonly request: number;
  readonly moment: 'before' | 'after';
}

const named = (engine: string) => ({ 'openfunction.io/build-engine': engine });

describe.skipIf(!hasPublished)(
  `the engine named by the annotation${hasPublished ? '' : ' (skipped: the definition of Tekton is not at hand)'}`,
  () => {
    let cluster: TestCluster;
    beforeAll(async () => {
      cluster = await startReconcileCluster();
      const definitions = await readDefinitions(join(published, 'tekton-pipeline'));
      const wanted = definitions.filter(({ metadata }) => metadata.name === 'pipelineruns.tekton.dev');
      if (!cluster.isReal) await cluster.install(wanted);
    });
    afterAll(() => cluster[Symbol.asyncDispose]());

    /** A first build whose worker dies, an edit of the annotation, and the next worker; gives the requests until the edit. */
    async function play({ request, moment }: Point, [from, to]: readonly [string, string]) {
      const world = await createWorld(cluster);
      await world.create(gitSpec, { ...watching(), ...named(from) });
      await world.observe(shaA);
      world.requests.length = 0;
      let count = 0;
      world.interrupt = at => {
        if (at === 'before') count += 1;
        if (count === request && at === moment) throw new KubeError({ status: 0, reason: 'Killed' }, 'killed');
      };
      await world.reconcile().catch((error: unknown) => {
        if (!(error instanceof KubeError) || error.reason !== 'Killed') throw error;
      });
      const sent = [...world.requests];
      world.interrupt = () => {};
      await world.annotate(named(to));
      await world.reconcile();
      return { world, sent };
    }

    async function runsOf(world: World): Promise<readonly string[]> {
      const runs = await Promise.all([world.all(kinds.buildRun), world.all(kinds.pipelineRun)]);
      return runs.flat().map(({ kind }) => String(kind));
    }

    it.each([['shipwright', 'tekton'] as const, ['tekton', 'shipwright'] as const])(
      'may be edited from %s to %s at any request of a start: one run is created, and it is the one that counts',
      async (from, to) => {
        const { sent } = await play({ request: 0, moment: 'after' }, [from, to]);
        expect(sent.length).toBeGreaterThan(4);
        for (const [at, text] of sent.entries()) {
          for (const moment of ['before', 'after'] as const) {
            const { world } = await play({ request: at + 1, moment }, [from, to]);
            const point = `killed ${moment} ${text}`;
            const runs = await runsOf(world);
            expect([point, runs.length]).toEqual([point, 1]);
            const { build } = (await world.read()).status ?? {};
            const kind = build?.engine === 'tekton' ? 'PipelineRun' : 'BuildRun';
            expect([point, build?.state, runs]).toEqual([point, 'Building', [kind]]);
          }
        }
      },
      60_000,
    );

    it('is taken for what was never begun on an engine that is not there', async () => {
      const world = await createWorld(cluster, { unserved: ['Build', 'BuildRun'] });
      await world.create(gitSpec, named('shipwright'));
      world.interrupt = (moment, request) => {
        if (moment === 'before' && request.startsWith('create build'))
          if (!request.startsWith('create builders'))
            throw new KubeError({ status: 404, reason: 'NotFound' }, 'no kind');
      };
      await world.reconcile();
      expect(await world.condition('Built')).toMatchObject({ reason: 'NoBackend' });
      await world.annotate(named('tekton'));
      await world.reconcile();
      expect((await world.read()).status?.build).toMatchObject({ state: 'Building', sequence: 1, engine: 'tekton' });
      expect(await runsOf(world)).toEqual(['PipelineRun']);
    });
  },
);
