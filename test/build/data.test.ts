// Whatever people write into variables, parameters and names of branches reaches the build as it was written.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shipwright } from '../../src/build/shipwright/backend.ts';
import { tekton } from '../../src/build/tekton/backend.ts';
import type { BuilderSpec } from '../../src/function/schema-build.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { formatYaml } from '../../src/platform/yaml.ts';
import { manifest } from '../pipelines/manifests.ts';
import { arrival, environment, strategyArrival } from './arrival.ts';
import { emit, goldenFunctions, strategies } from './emission.ts';
import { text } from './hostile-text.ts';

const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/).filter(word => word !== 'HOME' && word !== 'DOCKER_CONFIG');
const env = fc.dictionary(name, text, { maxKeys: 4, noNullPrototype: true });

const [fn] = goldenFunctions;
const emitted = (backend: typeof tekton, over: Partial<BuilderSpec>, revision?: string) => {
  if (!fn) throw new Error('there are no Functions');
  return emit(backend, fn, { over, ...(revision === undefined ? {} : { revision }) });
};
const runOf = (over: Partial<BuilderSpec>, revision?: string): KubeObject => {
  const run = emitted(tekton, over, revision).at(-1);
  if (!run) throw new Error('there is no run');
  return run;
};
const strategy = (of: string, params: NonNullable<BuilderSpec['shipwright']>['params'] = []) => ({
  shipwright: { strategy: { name: of }, params },
});
const runs = { numRuns: 150 };
const strategySpec = (of: string) => manifest('ClusterBuildStrategy', of).spec;

describe('on Tekton', () => {
  it.each([
    ['openfunction', 'prepare'],
    ['buildah', 'build'],
    ['wasmedge', 'build'],
    ['ko', 'build'],
  ])('variables of %s reach its step %s as arguments', (of, step) => {
    const check = (variables: Record<string, string>) => {
      const { args } = arrival(runOf({ ...strategy(of), env: variables }), 'build', step);
      const expected = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
      const count = expected.length;
      expect(count === 0 ? [] : args.slice(-count)).toEqual(expected.toSorted(byName));
    };
    fc.assert(fc.property(env, check), runs);
  });

  it.each(['kaniko', 'buildkit'])('variables of %s reach its step as variables', of => {
    const check = (variables: Record<string, string>) => {
      const { env: found } = arrival(runOf({ ...strategy(of), env: variables }), 'build', 'build');
      for (const [key, value] of Object.entries(variables)) expect(found.get(key)).toBe(value);
    };
    fc.assert(fc.property(env, check), runs);
  });

  it('addresses, branches and folders reach the fetch, and texts and lists of the user the build', () => {
    const check = (url: string, branch: string, folder: string, own: string, list: readonly string[]) => {
      const srcRepo = { url, revision: branch, sourceSubPath: folder };
      const params = [
        { name: 'storage-driver', value: own },
        { name: 'build-args', values: list.map(value => ({ value })) },
      ];
      const run = runOf({ ...strategy('buildah', params), srcRepo, dockerfile: own });
      expect(arrival(run, 'fetch', 'fetch').args.slice(0, 2)).toEqual([url, branch]);
      const { args } = arrival(run, 'build', 'build');
      expect(args[0]).toBe(`TEKTON/${folder || '.'}`);
      expect([args[1], args[7]]).toEqual([own || 'Dockerfile', own]);
      const start = args.indexOf('--build-args') + 1;
      expect(args.slice(start, start + list.length)).toEqual(list);
    };
    fc.assert(fc.property(text, text, text, text, fc.array(text, { maxLength: 4 }), check), runs);
  });

  it('the text around a value of a Secret arrives, and the value comes from its variable', () => {
    const check = (before: string, after: string) => {
      const format = `${before}\${SECRET_VALUE}${after}`;
      const params = [{ name: 'go-flags', secretValue: { name: 's', key: 'k', format } }];
      const { args } = arrival(runOf(strategy('ko', params)), 'build', 'build');
      const expected = format.split('${SECRET_VALUE}').join('FROM');
      expect(args).toContain(expected);
    };
    fc.assert(fc.property(text, text, check), runs);
  });

  it('a pinned commit wins over a branch, whatever that is called', () => {
    const check = (branch: string) => {
      const srcRepo = { url: 'https://git.example/r', revision: branch };
      const run = runOf({ srcRepo }, 'c'.repeat(40));
      expect(arrival(run, 'fetch', 'fetch').args[1]).toBe('c'.repeat(40));
    };
    fc.assert(fc.property(text, check), runs);
  });
});

interface BuildSpec {
  readonly source: {
    readonly contextDir?: string;
    readonly git?: { readonly url: string; readonly revision?: string };
  };
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly paramValues?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly values?: readonly object[];
  }[];
}

describe('on Shipwright', () => {
  const specOf = (over: Partial<BuilderSpec>) => emitted(shipwright, over)[0]?.['spec'] as BuildSpec;

  it('variables are what the container sees', () => {
    const check = (variables: Record<string, string>) => {
      const found = environment(specOf({ env: variables }).env ?? []);
      for (const [key, value] of Object.entries(variables)) expect(found.get(key)).toBe(value);
    };
    fc.assert(fc.property(env, check), runs);
  });

  it('addresses, branches and folders stand in the Build as they are', () => {
    const check = (url: string, branch: string, folder: string) => {
      const { source } = specOf({ srcRepo: { url, revision: branch, sourceSubPath: folder } });
      expect([source.git?.url ?? '', source.git?.revision ?? '', source.contextDir ?? '']).toEqual([
        url,
        branch,
        folder,
      ]);
    };
    fc.assert(fc.property(text, text, text, check), runs);
  });

  it('texts and lists of the user, and the path of the Dockerfile, are what the arguments of the strategy say', () => {
    const check = (own: string, list: readonly string[], variables: Record<string, string>) => {
      const params = [
        { name: 'storage-driver', value: own },
        { name: 'build-args', values: list.map(value => ({ value })) },
      ];
      const [build] = emitted(shipwright, { ...strategy('buildah', params), env: variables, dockerfile: own });
      if (!build) throw new Error('there is no Build');
      const { args } = strategyArrival(build, strategySpec('buildah'), 'build-and-push');
      const start = args.indexOf('--build-args') + 1;
      expect(args.slice(start, start + list.length)).toEqual(list);
      expect(args[args.indexOf('--') + 2]).toBe(own || 'Dockerfile');
      expect(args[args.indexOf('--') + 8]).toBe(own);
    };
    fc.assert(fc.property(text, fc.array(text, { maxLength: 4 }), env, check), runs);
  });

  it('the text around a value of a Secret arrives, and the value comes from its variable', () => {
    const check = (before: string, after: string) => {
      const params = [
        { name: 'go-flags', secretValue: { name: 's', key: 'k', format: `${before}\${SECRET_VALUE}${after}` } },
      ];
      const { paramValues = [], env: variables = [] } = specOf(strategy('ko', params)) as BuildSpec;
      const { format } = (paramValues[0] as unknown as { readonly secretValue: { readonly format: string } })
        .secretValue;
      // Shipwright puts a reference to a variable of its own.
      const value = format.split('${SECRET_VALUE}').join('$(SHP_SECRET)');
      const found = environment([...variables, { name: 'SHP_SECRET', valueFrom: {} }, { name: 'ARGUMENT', value }]);
      expect(found.get('ARGUMENT')).toBe(`${before}\${SECRET_VALUE}${after}`.split('${SECRET_VALUE}').join('FROM'));
    };
    fc.assert(fc.property(text, text, check), runs);
  });
});

describe('strategies for Shipwright', () => {
  it.each(strategies)('%s has what users give it in arguments, where a text arrives as it was written', of => {
    const { parameters = [], steps = [] } = strategySpec(of);
    const elsewhere = JSON.stringify(steps.map(step => ({ ...step, args: [] })));
    const inArguments = JSON.stringify(steps.map(({ args = [] }) => args));
    for (const { name: parameter } of parameters) {
      // Names of images and of a volume cannot have a dollar sign.
      if (/-image$|_IMAGE$|^PLATFORM_DIR$/.test(parameter)) continue;
      expect({ parameter, elsewhere: elsewhere.includes(`$(params.${parameter}`) }).toEqual({
        parameter,
        elsewhere: false,
      });
    }
    expect(inArguments).toContain('$(params.shp-');
  });
});

it.each([tekton, shipwright])('what is rendered for $engine is read back, and rendered the same', backend => {
  const check = (variables: Record<string, string>, branch: string, own: string) => {
    const srcRepo = { url: 'https://git.example/r', revision: branch };
    const params = [{ name: 'RUN_IMAGE', value: own }];
    for (const object of emitted(backend, { env: variables, srcRepo, ...strategy('openfunction', params) })) {
      const rendered = formatYaml(object);
      expect(parse(rendered)).toEqual(object);
      expect(parse(rendered, { version: '1.1' })).toEqual(object);
      expect(formatYaml(parse(rendered))).toBe(rendered);
    }
  };
  fc.assert(fc.property(env, text, text, check), { numRuns: 60 });
});

function byName(a: string, b: string): number {
  const [left = '', right = ''] = [a, b].map(entry => entry.slice(0, entry.indexOf('=')));
  return left < right ? -1 : 1;
}
