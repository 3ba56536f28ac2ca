// Gitee as its v5 documentation has it, as far as heads go: a repository, one of its branches, the list of its tags.
import { type ApiCall, type Forge, json, startForge, treeAnswer, visible } from './forge.ts';
import type { ForgeAnswer, ForgeRequest, ServedRepository } from './git-server.ts';

const tagQueries = ['sort', 'direction', 'page', 'per_page'];

/** Starts one. */
export function startGitee(options: { readonly tls?: boolean } = {}): Promise<Forge> {
  return startForge(
    {
      prefix: '/api/v5',
      headers: ['if-none-match'],
      tokenOf,
      unauthorized: json(401, { message: '401 Unauthorized: Access token does not exist' }),
      answer: answerRepository,
    },
    options,
  );
}

function tokenOf({ headers }: ForgeRequest): { token: string; kind: string } | undefined {
  const authorization = headers['authorization'];
  if (authorization === undefined) return undefined;
  return { token: /^(?:Bearer|token) (.+)$/i.exec(authorization)?.[1] ?? '', kind: 'token' };
}

async function answerRepository(call: ApiCall): Promise<ForgeAnswer | undefined> {
  const { segments, query, request } = call;
  const [root, owner = '', name = '', ...rest] = segments;
  // The documentation allows access_token in a query; nobody should use that, for queries end up in logs.
  const isTags = rest.length === 1 && rest[0] === 'tags';
  const isTree = rest.length === 3 && rest[0] === 'git' && rest[1] === 'trees';
  const allowed = isTags ? tagQueries : isTree ? ['recursive'] : [];
  const known = [...query.keys()].every(key => allowed.includes(key));
  if (request.method !== 'GET' || root !== 'repos' || !known) return undefined;
  const path = `${owner}/${name}`;
  const repository = visible(call, call.git.moved.get(path) ?? path);
  if (!repository) return json(404, { message: 'Not Found Project' });
  if (rest.length === 0) {
    return json(200, { full_name: path, default_branch: await repository.defaultBranch() });
  }
  if (isTags) return answerTags(repository, query);
  if (isTree) {
    // 1 is the one value that it has.
    const tree = { id: rest[2] ?? '', isDeep: query.get('recursive') === '1', most: call.git.mostEntries };
    return (await treeAnswer(repository, tree)) ?? json(404, { message: '404 Tree Not Found' });
  }
  const [kind, branch = '', ...more] = rest;
  if (kind !== 'branches' || more.length > 0) return undefined;
  const sha = await repository.resolve(`refs/heads/${branch}`);
  if (sha === undefined) return json(404, { message: '404 Branch Not Found' });
  return json(200, { name: branch, commit: { sha }, protected: false });
}

async function answerTags(repository: ServedRepository, query: URLSearchParams): Promise<ForgeAnswer> {
  const page = Number(query.get('page') ?? 1);
  const size = Math.min(Number(query.get('per_page') ?? 20), 100);
  const tags = (await repository.tags()).slice((page - 1) * size, page * size);
  return json(
    200,
    tags.map(({ name, commit }) => ({ name, message: '', commit: { sha: commit } })),
  );
}
