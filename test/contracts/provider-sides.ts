// The other sides of the provider contract that are Git repositories: a plain server, or a forge.
import type { Credential, Provider } from '../../src/revision/provider.ts';
import type { Forge as ForgeName, GitSource, Want } from '../../src/watch/source.ts';
import { type FaultProxy, startHttpFaultProxy } from '../servers/fault-proxy.ts';
import type { Forge } from '../servers/forge.ts';
import type { GitServer, ServedRepository } from '../servers/git-server.ts';
import type { ProviderHarness, Side } from './provider-harness.ts';

const passwords = { first: 'first-secret-1f0c', second: 'second-secret-9ae2' } as const;

interface GitHarnessOptions {
  readonly provider: Provider<GitSource>;
  readonly forge: ForgeName;
  readonly nonsense: ProviderHarness['nonsense'];
  /** Paths of repositories begin with it. */
  readonly prefix?: string;
  readonly source?: Partial<GitSource>;
  readonly tooManyBytes?: number;
}

/** Repositories `owner/rN` of one Git server, seen through a proxy. */
export async function gitHarness(server: GitServer, options: GitHarnessOptions): Promise<ProviderHarness> {
  const wire = await startHttpFaultProxy({ url: server.url });
  return {
    ...sidesOf(server, wire, options),
    async allow(which): Promise<Credential> {
      server.accounts.clear();
      server.accounts.set(passwords[which], undefined);
      return { password: passwords[which] };
    },
    violations: () => [],
    async [Symbol.asyncDispose]() {
      await wire[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

/** The same over a forge's API: Git itself takes no password there. */
export async function forgeHarness(
  forge: Forge,
  options: GitHarnessOptions & { readonly tokenKind: string },
): Promise<ProviderHarness> {
  const wire = await startHttpFaultProxy({ url: forge.git.url });
  return {
    ...sidesOf(forge.git, wire, options),
    async allow(which): Promise<Credential> {
      forge.tokens.clear();
      forge.tokens.set(passwords[which], options.tokenKind);
      return { password: passwords[which] };
    },
    violations: () => forge.violations,
    async [Symbol.asyncDispose]() {
      await wire[Symbol.asyncDispose]();
      await forge[Symbol.asyncDispose]();
    },
  };
}

function sidesOf(
  server: GitServer,
  wire: FaultProxy,
  options: GitHarnessOptions,
): Pick<ProviderHarness, 'provider' | 'wire' | 'nonsense' | 'tooManyBytes' | 'side'> {
  let made = 0;
  return {
    // Every question of the contract is about a source that this harness made.
    provider: options.provider as Provider,
    wire,
    nonsense: options.nonsense,
    ...(options.tooManyBytes === undefined ? {} : { tooManyBytes: options.tooManyBytes }),
    async side({ isPrivate = false } = {}) {
      made += 1;
      const path = `${options.prefix ?? ''}owner/r${made}`;
      const repository = await server.repository(path, { isPrivate });
      const url = `${wire.url}/${path}`;
      return sideOf(repository, { kind: 'git', forge: options.forge, url, ...options.source });
    },
  };
}

function sideOf(repository: ServedRepository, source: GitSource): Side {
  return {
    source,
    push: (branch: Want, { orphan = false } = {}) => repository.commit({ branch, orphan }),
    remove: branch => repository.deleteBranch(branch),
    git: repository,
    trees: repository,
  };
}
