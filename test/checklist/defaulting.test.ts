// Core-build checklist 9 to 18: what stands in a Function when nobody wrote it. Nothing of it is stored, so it goes when its cause goes.
import { describe, expect, it } from 'vitest';
import { buildInputHash, wantedBuilder } from '../../src/build/plan.ts';
import { withDefaults } from '../../src/function/defaults.ts';
import type { FunctionObject, FunctionSpec } from '../../src/function/schema.ts';
import { wantedServing } from '../../src/serving/plan.ts';

const gateway = { gatewayRef: { name: 'openfunction', namespace: 'openfunction' } };
const build = { builder: 'reg.example/builder:1', srcRepo: { url: 'https://git.example/f.git' } };
const variant = 'module.wasm.image/variant';
const wasmStrategy = { name: 'wasmedge', kind: 'ClusterBuildStrategy' };

const fn = (spec: Partial<FunctionSpec>, annotations: Record<string, string> = {}): FunctionObject => ({
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Function',
  metadata: { name: 'f', namespace: 'n', uid: 'u', annotations },
  spec: { image: 'reg.example/f:v1', ...spec },
});
const meant = (spec: Partial<FunctionSpec>, annotations?: Record<string, string>) =>
  withDefaults(fn(spec, annotations)).spec;

describe('defaults', () => {
  it.each([undefined, ''])('checklist 9: version %j becomes latest', version => {
    expect(meant({ serving: {}, ...(version === undefined ? {} : { version }) }).version).toBe('latest');
    expect(meant({ serving: {}, version: 'v2' }).version).toBe('v2');
  });

  it('checklist 10: serving {} is invoked over HTTP, on port 8080, by the gateway openfunction', () => {
    expect(meant({ serving: {} }).serving?.triggers).toEqual({ http: { port: 8080, route: gateway } });
  });

  it('checklist 11: port 0 becomes 8080 without Dapr triggers and stays 0 with them', () => {
    const dapr = [{ name: 'd' }];
    expect(meant({ serving: { triggers: { http: { port: 0 } } } }).serving?.triggers?.http?.port).toBe(8080);
    expect(meant({ serving: { triggers: { http: { port: 0 }, dapr } } }).serving?.triggers?.http?.port).toBe(0);
    expect(meant({ serving: { triggers: { http: {}, dapr } } }).serving?.triggers?.http?.port).toBe(8080);
  });

  it('checklist 12: a Function with Dapr triggers alone gets no HTTP trigger', () => {
    expect(meant({ serving: { triggers: { dapr: [{ name: 'd' }] } } }).serving?.triggers).toEqual({
      dapr: [{ name: 'd' }],
    });
  });

  it('checklist 13: a route without gatewayRef gets the default one; one that is given is kept', () => {
    const route = (given: object) =>
      meant({ serving: { triggers: { http: { route: given } } } }).serving?.triggers?.http?.route;
    expect(route({ hostnames: ['a.example'] })).toEqual({ hostnames: ['a.example'], ...gateway });
    expect(route({ gatewayRef: { name: 'g', namespace: 'n' } })).toEqual({ gatewayRef: { name: 'g', namespace: 'n' } });
  });

  it.each(['WasmEdge', 'wasmedge', 'WASMEDGE'])(
    'checklist 14: workloadRuntime %s adds annotation, strategy, serving annotation and runtime class',
    workloadRuntime => {
      const spec = { workloadRuntime, build, serving: { template: { containers: [] } } };
      const defaulted = withDefaults(fn(spec));
      expect(defaulted.metadata.annotations).toEqual({ [variant]: 'compat-smart' });
      expect(defaulted.spec.build?.shipwright).toEqual({ strategy: wasmStrategy });
      expect(defaulted.spec.serving?.annotations).toEqual({ [variant]: 'compat-smart' });
      expect(defaulted.spec.serving?.template).toEqual({ containers: [], runtimeClassName: 'openfunction-crun' });
      const params = { build: { ...build, shipwright: { params: [{ name: 'p', value: '1' }] } }, serving: {} };
      const without = meant({ workloadRuntime, ...params });
      expect(without.build?.shipwright).toEqual({ strategy: wasmStrategy, params: [{ name: 'p', value: '1' }] });
      expect(without.serving).not.toHaveProperty('template');
    },
  );

  it.each(['compat-smart', 'other', ''])('checklist 15: the annotation %j alone does the same', value => {
    const spec = meant({ build, serving: {} }, { [variant]: value });
    expect(spec.build?.shipwright).toEqual({ strategy: wasmStrategy });
    expect(spec.serving?.annotations).toEqual({ [variant]: 'compat-smart' });
  });

  it('checklist 16: what was written is never overwritten', () => {
    const written = {
      workloadRuntime: 'WasmEdge',
      version: 'v2',
      build: { ...build, shipwright: { strategy: { name: 'mine' } } },
      serving: {
        annotations: { [variant]: 'mine' },
        template: { containers: [], runtimeClassName: 'mine' },
        triggers: { http: { port: 9000, route: { gatewayRef: { name: 'g', namespace: 'n' } } } },
      },
    };
    expect(meant(written, { [variant]: 'mine' })).toEqual({ image: 'reg.example/f:v1', ...written });
  });

  it('checklist 17: a workloadRuntime that is taken back takes all that it brought with it, and builds and serves anew', () => {
    const spec = { build, serving: {} };
    const [before, after] = [
      fn({ ...spec, workloadRuntime: 'WasmEdge' }),
      fn({ ...spec, workloadRuntime: 'OCIContainer' }),
    ];
    expect(withDefaults(after)).toEqual(withDefaults(fn(spec)));
    expect(JSON.stringify(withDefaults(after))).not.toContain('wasm');
    const hash = (each: FunctionObject) => {
      const wanted = wantedBuilder(each, undefined);
      return wanted && buildInputHash(wanted);
    };
    expect(hash(after)).not.toBe(hash(before));
    expect(wantedServing(after, undefined)).not.toEqual(wantedServing(before, undefined));
  });

  it.each([
    ['a bare one', fn({ serving: {} })],
    ['a wasm one', fn({ workloadRuntime: 'WasmEdge', build, serving: { template: { containers: [] } } })],
    ['one with Dapr', fn({ serving: { triggers: { dapr: [{ name: 'd' }], http: { port: 0 } } } })],
  ])('checklist 18: doing it twice to %s changes nothing more', (_, each) => {
    expect(withDefaults(withDefaults(each))).toEqual(withDefaults(each));
  });
});
