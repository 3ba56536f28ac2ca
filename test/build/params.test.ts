// Every parameter that a strategy takes from users, of all strategies and on both engines: its value is what the strategy's steps are given.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shipwright } from '../../src/build/shipwright/backend.ts';
import { tekton } from '../../src/build/tekton/backend.ts';
import type { BuildParam } from '../../src/function/schema-build.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { manifest } from '../pipelines/manifests.ts';
import { arrival, strategyArrival } from './arrival.ts';
import { emit, goldenFunctions, strategies } from './emission.ts';
import { text } from './hostile-text.ts';

/** A parameter, and one argument of one step that says it; `before` stands before it in the same argument. */
interface Place {
  readonly name: string;
  readonly isList: boolean;
  readonly step: string;
  readonly before: string;
}

/** What only revflow says, and what other fields of a Function say. */
const notTheirs =
  /^(?:git-.*|bundle.*|image|context-dir|insecure|env|labels|label-flags|dockerfile|builder-image|shp-.*)$/;

function placesIn(steps: readonly { readonly name: string; readonly args?: readonly string[] }[]): readonly Place[] {
  return steps.flatMap(({ name: step, args = [] }) =>
    args.flatMap(argument => {
      const match = /^([^$]*)\$\(params\.([\w-]+)(\[\*\])?\)$/.exec(argument);
      const [, before = '', name = '', list] = match ?? [];
      return match === null || notTheirs.test(name) ? [] : [{ name, isList: list !== undefined, step, before }];
    }),
  );
}

/** The places of one strategy, and what arrives at a step of it. */
interface Side {
  readonly places: readonly Place[];
  readonly argumentsOf: (params: readonly BuildParam[], step: string) => readonly string[];
}

function emitted(backend: typeof tekton, strategy: string, params: readonly BuildParam[]): KubeObject {
  const [fn] = goldenFunctions;
  if (fn === undefined) throw new Error('there are no Functions');
  const over = { shipwright: { strategy: { name: strategy, kind: 'ClusterBuildStrategy' }, params } };
  const object = emit(backend, fn, { over }).find(({ kind }) => kind === 'PipelineRun' || kind === 'Build');
  if (object === undefined) throw new Error('nothing is emitted');
  return object;
}

const onTekton = (strategy: string): Side => ({
  places: placesIn(manifest('Task', `function-${strategy}`).spec.steps ?? []),
  argumentsOf: (params, step) => arrival(emitted(tekton, strategy, params), 'build', step).args,
});

const onShipwright = (strategy: string): Side => {
  const { spec } = manifest('ClusterBuildStrategy', strategy);
  const argumentsOf: Side['argumentsOf'] = (params, step) =>
    strategyArrival(emitted(shipwright, strategy, params), spec, step).args;
  return { places: placesIn(spec.steps ?? []), argumentsOf };
};

const sides = strategies.flatMap(strategy => [
  { name: `${strategy} on Tekton`, side: onTekton(strategy) },
  { name: `${strategy} on Shipwright`, side: onShipwright(strategy) },
]);

describe('parameters of users', () => {
  it('are looked for in every strategy that has some', () => {
    const found = sides.filter(({ side }) => side.places.length > 0).map(({ name }) => name);
    const without = ['kaniko on Tekton', 'kaniko on Shipwright'];
    expect(found).toEqual(sides.map(({ name }) => name).filter(name => !without.includes(name)));
  });

  it.each(sides.filter(({ side }) => side.places.length > 0))(
    'reach the steps of $name as they were written',
    ({ side }) => {
      const names = new Map(side.places.map(({ name, isList }) => [name, isList]));
      const check = (texts: readonly string[]) => {
        const values = new Map([...names.keys()].map((name, at) => [name, `${texts[at] ?? ''}<${name}>`]));
        const params = [...names].map(([name, isList]): BuildParam => {
          const value = values.get(name) ?? '';
          return isList ? { name, values: [{ value }, { value: 'last' }] } : { name, value };
        });
        for (const { name, isList, step, before } of side.places) {
          const found = side.argumentsOf(params, step);
          const at = found.indexOf(`${before}${values.get(name)}`);
          expect({ name, step, arrived: at >= 0 }).toEqual({ name, step, arrived: true });
          if (isList) expect(found[at + 1]).toBe('last');
        }
      };
      fc.assert(fc.property(fc.array(text, { minLength: names.size, maxLength: names.size }), check), { numRuns: 60 });
    },
  );
});
