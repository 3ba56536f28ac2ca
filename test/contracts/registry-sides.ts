// The other side of the provider contract that is a registry: docker-registry, open behind a proxy, and a second one that asks who is there.
import type { Provider } from '../../src/revision/provider.ts';
import type { ImageSource } from '../../src/watch/source.ts';
import { startHttpFaultProxy } from '../servers/fault-proxy.ts';
import { ask, type Pushing, pushImage } from '../servers/push-image.ts';
import { type RegistryPassword, startRegistry, type TestRegistry } from '../servers/registry.ts';
import type { ProviderHarness, Side } from './provider-harness.ts';

const passwords = { first: 'pä:ss密码', second: 'rotated' } as const satisfies Record<string, RegistryPassword>;

/** Repositories `owner/rN` of two registries; `auth` is how the private one asks. */
export async function registryHarness(
  provider: Provider<ImageSource>,
  auth: 'htpasswd' | 'token',
): Promise<ProviderHarness> {
  const open = await startRegistry();
  const closed = await startRegistry({ auth });
  const wire = await startHttpFaultProxy({ url: open.url });
  let made = 0;
  let password: RegistryPassword = 'right';
  return {
    // Every question of the contract is about a source that this harness made.
    provider: provider as Provider,
    wire,
    nonsense: { headers: { 'content-type': 'application/json' }, body: '{"nonsense":1}' },
    async side({ isPrivate = false } = {}) {
      made += 1;
      const repository = `owner/r${made}`;
      const registry = isPrivate ? closed : open;
      const source = {
        kind: 'image',
        registry: isPrivate ? closed.host : `127.0.0.1:${wire.port}`,
        repository,
      } as const;
      return sideOf(source, () => pushing(registry, password));
    },
    async allow(which) {
      password = passwords[which];
      await closed.setPassword(password);
      return { username: closed.user, password };
    },
    violations: () => [],
    async [Symbol.asyncDispose]() {
      await wire[Symbol.asyncDispose]();
      await open.close();
      await closed.close();
    },
  };
}

function pushing({ url, user, tokens }: TestRegistry, password: string): Pushing {
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  if (!tokens) return { url, authorization: basic };
  const authorization = async (repository: string) => {
    const realm = new URL(tokens.realm);
    realm.searchParams.set('scope', `repository:${repository}:pull,push,delete`);
    const answer = await ask({ url: realm.origin }, realm.pathname + realm.search, {
      headers: { authorization: basic },
    });
    const { token }: { token: string } = JSON.parse(answer.body.toString());
    return `Bearer ${token}`;
  };
  return { url, authorization };
}

function sideOf(source: Omit<ImageSource, 'tag'>, target: () => Pushing): Side {
  const digests = new Map<string, string>();
  let pushed = 0;
  return {
    source: { ...source, tag: 'main' },
    async push(tag) {
      pushed += 1;
      const digest = await pushImage(target(), `${source.repository}:${tag}`, { seed: `${tag} ${pushed}` });
      digests.set(tag, digest);
      return digest;
    },
    async remove(tag) {
      await ask(target(), `/v2/${source.repository}/manifests/${digests.get(tag)}`, { method: 'DELETE' });
    },
  };
}
