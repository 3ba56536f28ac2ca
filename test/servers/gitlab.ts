// GitLab as its REST documentation has it, as far as heads go: a project, one of its branches, one of its tags.
import { type ApiCall, conditional, type Forge, type GivenToken, json, startForge, visible } from './forge.ts';
import type { ForgeAnswer, ForgeRequest, ServedRepository } from './git-server.ts';

const firstProjectId = 1001;

export interface GitlabOptions {
  readonly tls?: boolean;
  /** GitLab below a sub-path, such as `/gitlab`; its repositories' paths begin with it too. */
  readonly prefix?: string;
}

/** Starts one. Projects have the numbers 1001, 1002, ... in the order in which they were made. */
export function startGitlab(options: GitlabOptions = {}): Promise<Forge> {
  return startForge(
    {
      prefix: '/api/v4',
      headers: ['private-token', 'job-token', 'if-none-match'],
      tokenOf,
      unauthorized: json(401, { message: '401 Unauthorized' }),
      answer: call => answerProject(call, (options.prefix ?? '').replace(/^\//, '')),
    },
    options,
  );
}

/** A token counts only in the header of its kind. */
function tokenOf({ headers }: ForgeRequest): GivenToken | undefined {
  const personal = headers['private-token'];
  if (personal !== undefined) return { token: personal, kind: 'PrivateToken' };
  const job = headers['job-token'];
  if (job !== undefined) return { token: job, kind: 'JobToken' };
  const authorization = headers['authorization'];
  if (authorization === undefined) return undefined;
  return { token: /^Bearer (.+)$/.exec(authorization)?.[1] ?? '', kind: 'OAuthToken' };
}

async function answerProject(call: ApiCall, prefix: string): Promise<ForgeAnswer | undefined> {
  const { segments, request, git } = call;
  const [root, id = '', ...rest] = segments;
  const isTree = rest.length === 2 && rest.join('/') === 'repository/tree';
  if (request.method !== 'GET' || root !== 'projects' || (request.url.search !== '' && !isTree)) return undefined;
  const paths = [...git.repositories.keys()];
  const numbered = /^\d+$/.test(id) ? paths[Number(id) - firstProjectId] : undefined;
  const path = numbered ?? [prefix, id].filter(part => part !== '').join('/');
  const repository = visible(call, git.moved.get(path) ?? path);
  if (!repository) return json(404, { message: '404 Project Not Found' });
  const answer = isTree ? await answerTree(repository, call.query) : await answerPart(repository, rest);
  if (answer?.status !== 200) return answer;
  const headers = { ...answer.headers, 'ratelimit-limit': '2000', 'ratelimit-remaining': '1999' };
  return conditional(request, { ...answer, headers });
}

const treeQueries = ['path', 'ref', 'per_page', 'page'];

/** One folder, page by page. */
async function answerTree(repository: ServedRepository, query: URLSearchParams): Promise<ForgeAnswer | undefined> {
  if (![...query.keys()].every(key => treeQueries.includes(key))) return undefined;
  const folder = query.get('path') ?? '';
  const entries = await repository.list(query.get('ref') ?? 'HEAD', folder);
  if (entries === undefined) return json(404, { message: '404 invalid revision or path supplied.' });
  const size = Math.min(Number(query.get('per_page') ?? 20), 100);
  const begin = (Number(query.get('page') ?? 1) - 1) * size;
  // Folders come first.
  const ordered = [...entries.filter(({ type }) => type === 'tree'), ...entries.filter(({ type }) => type !== 'tree')];
  const prefix = folder === '' ? '' : `${folder}/`;
  const page = ordered.slice(begin, begin + size);
  return json(
    200,
    page.map(({ path, ...entry }) => ({ ...entry, name: path, path: prefix + path })),
  );
}

async function answerPart(repository: ServedRepository, rest: readonly string[]): Promise<ForgeAnswer | undefined> {
  if (rest.length === 0) {
    const isEmpty = (await repository.resolve('HEAD')) === undefined;
    const name = isEmpty ? null : await repository.defaultBranch();
    return json(200, { path_with_namespace: repository.path, default_branch: name });
  }
  const [first, kind, name = '', ...more] = rest;
  if (first !== 'repository' || more.length > 0) return undefined;
  if (kind === 'branches') {
    const id = await repository.resolve(`refs/heads/${name}`);
    if (id === undefined) return json(404, { message: '404 Branch Not Found' });
    return json(200, { name, commit: { id, short_id: id.slice(0, 8) }, protected: false });
  }
  if (kind !== 'tags') return undefined;
  const id = await repository.resolve(`refs/tags/${name}`);
  if (id === undefined) return json(404, { message: '404 Tag Not Found' });
  // An annotated tag's `target` is the tag object; a client that takes it is wrong.
  return json(200, { name, target: 'f'.repeat(40), commit: { id, short_id: id.slice(0, 8) } });
}
