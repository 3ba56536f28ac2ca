// Every provider, held to the provider contract.
import { gitProvider } from '../src/revision/git/git.ts';
import { giteeProvider } from '../src/revision/gitee/gitee.ts';
import { githubProvider } from '../src/revision/github/github.ts';
import { gitlabProvider } from '../src/revision/gitlab/gitlab.ts';
import { providerContract } from './contracts/provider.ts';
import { forgeHarness, gitHarness } from './contracts/provider-sides.ts';
import { startGitServer } from './servers/git-server.ts';
import { startGitee } from './servers/gitee.ts';
import { startGithub } from './servers/github.ts';
import { startGitlab } from './servers/gitlab.ts';

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
      nonsense: { headers: gitResult, body: '003enonsense' },
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
