// `revflow check` asks the images that builds are made with too, and says what their move would do.
import { expect, it } from 'vitest';
import { askSources, openHttp } from '../../src/app/cli/ask-sources.ts';
import { verdictOf } from '../../src/app/cli/verdict.ts';
import { readClientConfig } from '../../src/app/config.ts';
import { defaultPolicy } from '../../src/decide/facts.ts';
import { type FunctionObject, parseFunction } from '../../src/function/schema.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import { explainFunction } from '../../src/reconcile/explain.ts';
import { createCredentials } from '../../src/revision/credential.ts';
import { pushImage } from '../servers/push-image.ts';
import { hasDockerRegistry, skipsWithoutDockerRegistry, startRegistry } from '../servers/registry.ts';

const kube = { get: async () => undefined, serves: async () => true };

it.skipIf(!hasDockerRegistry)(
  `names the builder that moved${hasDockerRegistry ? '' : ` (${skipsWithoutDockerRegistry})`}`,
  async () => {
    const registry = await startRegistry();
    try {
      const digest = await pushImage(registry, 'team/builder:1', { seed: 'new' });
      const builtWith = (id: string) => functionBuiltWith(`${registry.host}/team/builder:1`, id);
      const [same, moved] = await Promise.all([digest, `sha256:${'0'.repeat(64)}`].map(id => would(builtWith(id))));
      expect(same).toBe('nothing');
      expect(moved).toContain(`BuilderImageMoved: ${registry.host}/team/builder:1 is ${digest} now`);
    } finally {
      await registry.close();
    }
  },
);

async function would(fn: FunctionObject): Promise<string> {
  await using state = createMemoryState({ clock });
  await using http = await openHttp(readClientConfig({}, {}), { loopback: true, refuse: [] });
  const credentials = createCredentials({ kube, installKey: new Uint8Array(32), clock, requireHosts: false });
  const signal = AbortSignal.timeout(30_000);
  await askSources([{ key: 'n/f', fn, problems: [] }], { http, state, credentials, signal });
  return verdictOf(fn, await explainFunction({ kube, state, clock, credentials, policy: defaultPolicy }, fn)).would;
}

function functionBuiltWith(builder: string, digest: string): FunctionObject {
  const metadata = {
    namespace: 'n',
    name: 'f',
    uid: 'u',
    annotations: { 'openfunction.io/rebuild-on': 'builder-image' },
  };
  const spec = { image: 'reg.example/f:v1', build: { builder, srcRepo: { url: 'https://git.example/f' } } };
  const status = {
    sequence: 1,
    build: { state: 'Succeeded', resourceRef: 'builder-1', sequence: 1, resourceHash: '1' },
    watch: { buildImages: [{ image: builder, digest }] },
    observedGeneration: 1,
  };
  const { apiVersion, kind } = { apiVersion: 'core.openfunction.io/v1beta2', kind: 'Function' };
  const parsed = parseFunction({ apiVersion, kind, metadata: { ...metadata, generation: 1 }, spec, status });
  if (!('ok' in parsed)) throw new Error('the Function cannot be read');
  return parsed.ok;
}
