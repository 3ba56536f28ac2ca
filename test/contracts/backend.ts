// The contract of a build backend: what it emits for a Builder, how it reads a run back, how a run is stopped.
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/build/backend.ts';
import { parseBuildHooks } from '../../src/function/build-hooks.ts';
import { functionLabel, labels } from '../../src/function/names.ts';
import type { BuilderObject } from '../../src/function/schema.ts';
import type { BuilderSpec } from '../../src/function/schema-build.ts';
import { TerminalError } from '../../src/platform/errors.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';

/** How the engine itself ends a run: the status that it writes. */
export interface BackendHarness {
  readonly backend: Backend;
  readonly running: object;
  readonly succeeded: (end: { readonly digest: string; readonly commit: string }) => object;
  readonly failed: object;
  readonly timedOut: object;
  readonly cancelled: object;
  /** What was asked for cannot run. */
  readonly misconfigured: object;
}

const commit = 'c'.repeat(40);
const digest = `sha256:${'1'.repeat(64)}`;

const spec: BuilderSpec = {
  image: 'reg.example/f:v1',
  imageCredentials: { name: 'push' },
  builder: 'reg.example/builder:1',
  env: { B: '2', A: '1' },
  srcRepo: { url: 'https://git.example/f.git', revision: 'main', sourceSubPath: 'fn', credentials: { name: 'git' } },
};

const builder: BuilderObject = {
  apiVersion: 'core.openfunction.io/v1beta2',
  kind: 'Builder',
  metadata: {
    name: 'builder-0123456789ab-7',
    namespace: 'n',
    uid: 'builder-uid',
    labels: { [labels.function]: functionLabel('f'), [labels.functionUid]: 'function-uid', [labels.sequence]: '7' },
  },
  spec,
};

/** Every backend passes every case. */
export function backendContract(name: string, harness: BackendHarness): void {
  const { backend } = harness;
  const emit = (over: Partial<BuilderSpec> = {}, revision: string | undefined = commit) =>
    backend.emit({ builder: { ...builder, spec: { ...spec, ...over } }, revision });
  const runWith = (status: object): KubeObject => {
    const run = emit().at(-1)?.object;
    if (run === undefined) throw new Error('nothing is emitted');
    return { ...run, status };
  };

  describe(`backend ${name}`, () => {
    it('emits the same objects for the same order, the run last', () => {
      expect(emit()).toEqual(emit());
      expect(emit().at(-1)?.kind).toEqual(backend.run);
      expect(emit().at(-1)?.object.metadata.name).toBe(backend.runName(builder.metadata.name));
      expect(backend.runNamed(backend.resourceRef(builder.metadata.name))).toBe(backend.runName(builder.metadata.name));
    });

    it('gives every object the labels of the Builder, its name, and it as the owner', () => {
      for (const { object, kind } of emit()) {
        expect([object.apiVersion, object.kind]).toEqual([kind.apiVersion, kind.kind]);
        expect(object.metadata.namespace).toBe('n');
        expect(object.metadata.labels).toEqual({ ...builder.metadata.labels, [labels.builder]: builder.metadata.name });
        expect(object.metadata.ownerReferences).toMatchObject([
          { kind: 'Builder', uid: 'builder-uid', controller: true },
        ]);
        expect(object.metadata.name.length).toBeLessThanOrEqual(63);
      }
    });

    it('pins what it builds, and takes it as written without a pin', () => {
      expect(JSON.stringify(emit())).toContain(commit);
      expect(JSON.stringify(emit())).not.toContain('"main"');
      expect(JSON.stringify(emit({}, ''))).not.toContain(commit);
      const bundle = { srcRepo: { bundleContainer: { image: 'reg.example/src:main' } } };
      expect(JSON.stringify(emit(bundle, digest))).toContain(`reg.example/src:main@${digest}`);
    });

    it('names image, credentials and folder, and leaves nothing empty', () => {
      const text = JSON.stringify(emit());
      for (const part of ['reg.example/f:v1', '"push"', '"git"', '"fn"', 'reg.example/builder:1'])
        expect(text).toContain(part);
      expect(text).not.toMatch(/[:,[]null|undefined/);
    });

    it('does not depend on the order of variables', () => {
      expect(JSON.stringify(emit({ env: { A: '1', B: '2' } }))).toBe(JSON.stringify(emit({ env: { B: '2', A: '1' } })));
    });

    it('takes a run without status, a going one and one that cannot be read for running', () => {
      for (const status of [{}, harness.running, { conditions: 'nonsense' }]) {
        expect(backend.result(runWith(status))).toEqual({ phase: 'running' });
      }
    });

    it('reads digest and source of a good end', () => {
      expect(backend.result(runWith(harness.succeeded({ digest, commit })))).toMatchObject({
        phase: 'succeeded',
        output: { digest, size: 1000 },
        sources: [{ name: 'default', git: { commitSha: commit, commitAuthor: 'A. Author' } }],
        completedAt: '2026-01-01T00:01:00Z',
      });
    });

    it('says whom a bad end is up to, in the engine’s own words', () => {
      const ends = [harness.failed, harness.timedOut, harness.cancelled, harness.misconfigured];
      const results = ends.map(status => backend.result(runWith(status)));
      expect(results.map(result => result.phase === 'failed' && result.failure)).toEqual([
        'build',
        'time',
        'user',
        'config',
      ]);
      for (const result of results) expect(result).toMatchObject({ message: 'said so' });
    });

    it('stops a run with a patch that changes nothing else of it', () => {
      expect(Object.keys(backend.cancel)).toEqual(['spec']);
      const { spec: patched } = backend.cancel as { readonly spec: object };
      expect(Object.values(patched)).toHaveLength(1);
    });

    it('hands on every variable, and says so where it limits the time', () => {
      const text = JSON.stringify(emit({ env: { FUNC_NAME: 'Cart' }, timeout: '10m' }));
      expect(text).toMatch(/FUNC_NAME(?:=|","value":")Cart/);
      expect(text).toContain('"10m"');
      expect(JSON.stringify(emit({ shipwright: { timeout: '3m' } }))).toContain('"3m"');
    });

    it('runs the hooks of an order, in their order, or builds nothing', () => {
      const { hooks } = parseBuildHooks('before: [unit]\nafter: [scan, sign]');
      if (!hooks) throw new Error('there are no hooks');
      const emitWithHooks = () => JSON.stringify(backend.emit({ builder, revision: commit, hooks }));
      if (backend.takesHooks) expect(emitWithHooks()).toMatch(/"unit".*"name":"build".*"scan".*"sign"/);
      else expect(emitWithHooks).toThrow(TerminalError);
    });

    it('verifies the registry unless it is told not to', () => {
      const order = { builder, revision: commit };
      const verified = JSON.stringify(backend.emit({ ...order, insecureRegistry: false }));
      expect(verified).toBe(JSON.stringify(backend.emit(order)));
      expect(verified).not.toBe(
        JSON.stringify(
          backend.emit({
            ...order,
            builder: { ...builder, spec: { ...spec, shipwright: { strategy: { name: 'kaniko' } } } },
            insecureRegistry: true,
          }),
        ),
      );
    });

    it('tells failures, timeouts and cancels apart', () => {
      const states = [harness.failed, harness.timedOut, harness.cancelled].map(status => {
        const result = backend.result(runWith(status));
        return result.phase === 'failed' ? result.state : result.phase;
      });
      expect(states).toEqual(['Failed', 'Timeout', 'Canceled']);
    });
  });
}
