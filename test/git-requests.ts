// What tests of the git provider ask of their server, and what it was asked.
import type { GitSource } from '../src/watch/source.ts';
import type { GitServer } from './servers/git-server.ts';

/** The requests of one poll and of one discovery, as method and path. */
export const post = 'POST /owner/name.git/git-upload-pack';
export const discovery = 'GET /owner/name.git/info/refs?service=git-upload-pack';

/** The repository `owner/name` of a server. */
export function sourceOn(server: GitServer, more: Partial<GitSource> = {}): { source: GitSource } {
  return { source: { kind: 'git', forge: 'github', url: `${server.url}/owner/name`, ...more } };
}

/** The requests that a question took, as method and path, however it ended. */
export async function requestsOn(server: GitServer, asking: () => Promise<unknown>): Promise<readonly string[]> {
  server.requests.length = 0;
  await asking().catch(() => undefined);
  return server.requests.map(({ method, url }) => `${method} ${url}`);
}
