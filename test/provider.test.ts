// Every provider, held to the provider contract.

import { describe } from 'vitest';
import { gitProvider } from '../src/revision/git/git.ts';
import { giteeProvider } from '../src/revision/gitee/gitee.ts';
import { githubProvider } from '../src/revision/github/github.ts';
import { gitlabProvider } from '../src/revision/gitlab/gitlab.ts';
import { ociProvider } from '../src/revision/oci/oci.ts';
import { memoryHarness } from './contracts/memory-provider.ts';
import { providerContract, withoutPaths } from './contracts/provider.ts';
import { forgeHarness, gitHarness } from './contracts/provider-sides.ts';
import { registryHarness } from './contracts/registry-sides.ts';
import { startGitServer } from './servers/git-server.ts';
import { startGitee } from './servers/gitee.ts';
import { startGithub } from './servers/github.ts';
import { startGitlab } from './servers/gitlab.ts';
import { hasDockerRegistry, skipsWithoutDockerRegistry } from './servers/registry.ts';

const gitResult = { 'content-type': 'application/x-git-upload-pack-result' };
const jsonType = { 'content-type': 'application/json' };
const noCommit = { headers: jsonType, body: '{"commit":{"id":"nonsense","sha":"nonsense"}}' };

providerContract({
  name: 'git',
  open: async () =>
    gitHarness(await startGitServer(), {
      provider: gitProvider(),
      forge: 'git',
      nonsense: { headers: gitResult, body: '003enonsense' },
    }),
  differences: {},
});

providerContract({
  name: 'git, of a server without protocol v2',
  open: async () => {
    const server = await startGitServer();
    server.manners = 'v0';
    return gitHarness(server, {
      provider: gitProvider(),
      forge: 'git',
      nonsense: { headers: { 'content-type': 'application/x-git-upload-pack-advertisement' }, body: '003enonsense' },
      // All refs come at once there.
      tooManyBytes: 33 * 1024 * 1024,
    });
  },
  differences: {},
});

providerContract({
  name: 'github',
  open: async () =>
    forgeHarness(await startGithub(), {
      provider: githubProvider(),
      forge: 'github',
      tokenKind: 'token',
      nonsense: { headers: { 'content-type': 'application/vnd.github.sha; charset=utf-8' }, body: 'nonsense' },
    }),
  differences: {},
});

for (const authType of ['PrivateToken', 'OAuthToken', 'JobToken'] as const) {
  providerContract({
    name: `gitlab, ${authType}`,
    open: async () =>
      forgeHarness(await startGitlab(), {
        provider: gitlabProvider(),
        forge: 'gitlab',
        tokenKind: authType,
        nonsense: noCommit,
        source: { authType },
      }),
    differences: {},
  });
}

providerContract({
  name: 'gitee',
  open: async () =>
    forgeHarness(await startGitee(), {
      provider: giteeProvider(),
      forge: 'gitee',
      tokenKind: 'token',
      nonsense: noCommit,
    }),
  differences: {},
});

const noRefs = 'a registry has tags and nothing else';
const noBody = 'the answer to a HEAD has no body';

const withRegistry = hasDockerRegistry ? 'with docker-registry' : skipsWithoutDockerRegistry;

describe.skipIf(!hasDockerRegistry)(`registries, ${withRegistry}`, () => {
  const differences = {
    ...withoutPaths('an image has no folders'),
    'takes names with slashes, hashes, percent signs and letters of any script': 'tags have none of these',
    'calls missing what no ref can be named': 'other names are tags, see the tests of watch/image.ts',
    'gives the commit of a tag, and of the tag when it moved': noRefs,
    'gives the commit that an annotated tag means': noRefs,
    'takes a branch before a tag of the same name': noRefs,
    'follows the default branch, and its rename': noRefs,
    'calls a repository that is not there an error, and no ref of it missing':
      'a registry answers 404 to both, and to a HEAD without a word',
    'refuses an answer without an end': noBody,
    'refuses an answer that is cut off': noBody,
  };
  providerContract({ name: 'oci, htpasswd', open: () => registryHarness(ociProvider(), 'htpasswd'), differences });
  providerContract({
    name: 'oci, token',
    open: () => registryHarness(ociProvider(), 'token'),
    differences: {
      ...differences,
      'is refused with a rotated credential until it has the new one': 'a token serves until its time is over',
    },
  });
});

const noWire = 'it has no wire';

providerContract({
  name: 'memory',
  open: memoryHarness,
  differences: {
    ...withoutPaths('it has no folders'),
    'asks once for what did not change': noWire,
    'takes no credential along when it is sent to another host': noWire,
    'waits as long as a 429 says': noWire,
    'knows a 429 that says nothing': noWire,
    'asks an ill host once, and sees the head when it is well': noWire,
    'gives nothing when only a part could be asked': noWire,
    'refuses HTML': noWire,
    'refuses nonsense of the right type': noWire,
    'refuses an answer without an end': noWire,
    'refuses an answer that is cut off': noWire,
    'refuses an answer that is too large': noWire,
    'gives up on a host that never answers': noWire,
    'gives up on a host that drips': noWire,
    'gives up on a host that cuts connections': noWire,
    'gives up when it is told to': noWire,
  },
});
