// GitHub (Enterprise) as its REST documentation has it, as far as heads go: GET /repos/{owner}/{repo}/commits/{ref}.
import { type ApiCall, conditional, type Forge, json, startForge, treeAnswer, visible } from './forge.ts';
import type { ForgeAnswer, ForgeRequest } from './git-server.ts';

const docs = { documentation_url: 'https://docs.github.com/rest' };
const mediaTypes = ['application/vnd.github.sha', 'application/vnd.github.v3.sha'];
const notFound = json(404, { message: 'Not Found', ...docs, status: '404' });

/** Starts one; its API is below `/api/v3`, as on an Enterprise server. */
export function startGithub(options: { readonly tls?: boolean } = {}): Promise<Forge> {
  return startForge(
    {
      prefix: '/api/v3',
      headers: ['if-none-match', 'x-github-api-version'],
      tokenOf,
      unauthorized: json(401, { message: 'Bad credentials', ...docs, status: '401' }),
      answer: async call => {
        const answer = (await answerTree(call)) ?? (await answerCommit(call));
        return answer && { ...answer, headers: { ...answer.headers, ...rateLimit } };
      },
    },
    options,
  );
}

const rateLimit = {
  'x-ratelimit-limit': '5000',
  'x-ratelimit-remaining': '4999',
  'x-ratelimit-used': '1',
  'x-ratelimit-resource': 'core',
  'x-ratelimit-reset': '4102444800',
};

function tokenOf({ headers }: ForgeRequest): { token: string; kind: string } | undefined {
  const authorization = headers['authorization'];
  const token = /^(?:Bearer|token) (.+)$/i.exec(authorization ?? '')?.[1];
  if (authorization === undefined) return undefined;
  return { token: token ?? '', kind: 'token' };
}

/** GET /repos/{owner}/{repo}/git/trees/{tree_sha}, which takes a commit's id too; any value of `recursive` means that it is. */
async function answerTree(call: ApiCall): Promise<ForgeAnswer | undefined> {
  const { segments, query, request } = call;
  const [root, owner, name, git, trees, id = '', ...more] = segments;
  if (root !== 'repos' || git !== 'git' || trees !== 'trees' || more.length > 0) return undefined;
  const isKnown = request.method === 'GET' && [...query.keys()].every(key => key === 'recursive');
  if (!isKnown || request.headers['accept'] !== 'application/vnd.github.v3+json') return undefined;
  const repository = visible(call, `${owner}/${name}`);
  if (!repository) return notFound;
  const answer = await treeAnswer(repository, { id, isDeep: query.has('recursive'), most: call.git.mostEntries });
  return answer ?? json(404, { message: 'Not Found', ...docs, status: '404' });
}

async function answerCommit(call: ApiCall): Promise<ForgeAnswer | undefined> {
  const { segments, request, git } = call;
  const [root = '', owner = '', name = '', commits = '', ...ref] = segments;
  if (root === 'repositories') {
    // What redirects of renamed repositories lead to; the id is the path here.
    return answerCommit({ ...call, segments: ['repos', ...owner.split('/'), ...segments.slice(2)] });
  }
  const accept = request.headers['accept'] ?? '';
  const isDocumented = root === 'repos' && commits === 'commits' && ref.length > 0 && request.url.search === '';
  if (!isDocumented || request.method !== 'GET' || !mediaTypes.includes(accept)) return undefined;
  const moved = git.moved.get(`${owner}/${name}`);
  if (moved !== undefined) {
    const rest = [moved, 'commits', ref.join('/')].map(encodeURIComponent).join('/');
    return { status: 301, headers: { location: `/api/v3/repositories/${rest}` } };
  }
  const repository = visible(call, `${owner}/${name}`);
  if (!repository) return notFound;
  if (await repository.isEmpty()) {
    return json(409, { message: 'Git Repository is empty.', ...docs, status: '409' });
  }
  const wanted = ref.join('/');
  const sha = await repository.resolve(wanted === 'HEAD' ? wanted : `refs/${wanted}`);
  if (sha === undefined) {
    return json(422, { message: `No commit found for SHA: ${wanted}`, ...docs, status: '422' });
  }
  const answer = { status: 200, headers: { 'content-type': 'application/vnd.github.sha; charset=utf-8' }, body: sha };
  return conditional(request, answer, `"${sha}"`);
}
