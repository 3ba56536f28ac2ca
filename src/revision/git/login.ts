// Who a token belongs to, in the words of each forge.
import type { GitSource } from '../../watch/source.ts';
import type { Credential } from '../provider.ts';

const tokenUsers = { github: 'x-access-token', gitlab: 'oauth2', gitee: 'user', git: 'git' } as const;

/** The value of the Authorization header. A user name in the credential wins over the forge's own one for tokens. */
export function basicLogin(source: GitSource, { username, password }: Credential): string {
  const user = username ?? (source.authType === 'JobToken' ? 'gitlab-ci-token' : tokenUsers[source.forge]);
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}
