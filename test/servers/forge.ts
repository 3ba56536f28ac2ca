// A forge for tests: a Git server and an API over the same repositories. It refuses what its API's documentation does not have.
import { createHash } from 'node:crypto';
import {
  type ForgeAnswer,
  type ForgeRequest,
  type GitServer,
  type GitServerOptions,
  type ServedRepository,
  startGitServer,
} from './git-server.ts';

/** A request to the API, taken apart. */
export interface ApiCall {
  readonly request: ForgeRequest;
  /** What follows the API's prefix, decoded piece by piece: a slash within a piece was written `%2F`. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly git: GitServer;
  /** A token that is right; undefined for who brings none. */
  readonly token: string | undefined;
}

/** What makes one forge different from another. */
export interface ForgeApi {
  /** `/api/v4`; requests below it are the API's. */
  readonly prefix: string;
  /** Names of headers that a caller may send besides those of HTTP itself. */
  readonly headers: readonly string[];
  /** The token that a request brings, with the way it came (`PrivateToken`, ...). */
  tokenOf(request: ForgeRequest): GivenToken | undefined;
  readonly unauthorized: ForgeAnswer;
  /** undefined: the documentation has no such path, query or header value. */
  answer(call: ApiCall): Promise<ForgeAnswer | undefined>;
}

export interface GivenToken {
  readonly token: string;
  readonly kind: string;
}

export interface Forge extends AsyncDisposable {
  readonly git: GitServer;
  readonly url: string;
  readonly host: string;
  /** Tokens that the API takes, with the kind that each is; Git takes `git.accounts`. */
  readonly tokens: Map<string, string>;
  /** What was asked that no documentation has; tests assert that there is nothing. */
  readonly violations: readonly string[];
}

const httpHeaders = [
  'host',
  'connection',
  'user-agent',
  'accept',
  'accept-encoding',
  'content-length',
  'authorization',
];
const gitHeaders = ['git-protocol', 'content-type', 'content-encoding'];

/** Starts a forge on a free port of 127.0.0.1. `prefix` is a path that comes before everything. */
export async function startForge(
  api: ForgeApi,
  options: GitServerOptions & { readonly prefix?: string } = {},
): Promise<Forge> {
  const violations: string[] = [];
  const tokens = new Map<string, string>();
  const apiPrefix = `${options.prefix ?? ''}${api.prefix}/`;

  const refuse = (what: string): ForgeAnswer => {
    violations.push(what);
    return { status: 400, body: 'not in the documentation' };
  };

  async function before(request: ForgeRequest): Promise<ForgeAnswer | undefined> {
    const { pathname } = request.url;
    const isApi = pathname.startsWith(apiPrefix);
    const allowed = [...httpHeaders, ...(isApi ? api.headers : gitHeaders)];
    const header = Object.keys(request.headers).find(name => !allowed.includes(name));
    if (header !== undefined) return refuse(`header ${header} of ${request.method} ${pathname}`);
    if (!isApi)
      return isGitQuestion(request) ? undefined : refuse(`${request.method} ${pathname}${request.url.search}`);
    const given = api.tokenOf(request);
    if (given && tokens.get(given.token) !== given.kind) return api.unauthorized;
    const segments = pathname.slice(apiPrefix.length).split('/').map(decodeURIComponent);
    const call = { request, segments, query: request.url.searchParams, git, token: given?.token };
    return (await api.answer(call)) ?? refuse(`${request.method} ${pathname}${request.url.search}`);
  }

  const git = await startGitServer({ ...options, hidesAbsent: true, before });
  return {
    git,
    url: `${git.url}${options.prefix ?? ''}`,
    host: git.host,
    tokens,
    violations,
    [Symbol.asyncDispose]: () => git.close(),
  };
}

function isGitQuestion({ method, url }: ForgeRequest): boolean {
  if (url.search === '') return method === 'POST' && /\/git-(?:upload|receive)-pack$/.test(url.pathname);
  const isDiscovery = /^\?service=git-(?:upload|receive)-pack$/.test(url.search);
  return method === 'GET' && isDiscovery && url.pathname.endsWith('/info/refs');
}

/** The repository, where who asks may see it. */
export function visible(call: ApiCall, path: string): ServedRepository | undefined {
  const repository = call.git.repositories.get(path);
  return repository && (!repository.isPrivate || call.token !== undefined) ? repository : undefined;
}

interface TreeWish {
  /** Of a tree, or of a commit. */
  readonly id: string;
  readonly isDeep: boolean;
  /** More entries are left out. */
  readonly most: number;
}

/** A tree as GitHub and Gitee tell it; undefined: there is none of this id. */
export async function treeAnswer(
  repository: ServedRepository,
  { id, isDeep, most }: TreeWish,
): Promise<ForgeAnswer | undefined> {
  const entries = /^[0-9a-f]{40,64}$/.test(id) ? await repository.list(id, '', { isDeep }) : undefined;
  if (entries === undefined) return undefined;
  const tree = entries.slice(0, most).map(({ id: sha, ...entry }) => ({ ...entry, sha }));
  return json(200, { sha: id, tree, truncated: entries.length > most });
}

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): ForgeAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** An answer with an ETag; 304 where the caller has it already. */
export function conditional(request: ForgeRequest, answer: ForgeAnswer, etag = etagOf(answer)): ForgeAnswer {
  const headers = { ...answer.headers, etag };
  return request.headers['if-none-match'] === etag ? { status: 304, headers: { etag } } : { ...answer, headers };
}

function etagOf(answer: ForgeAnswer): string {
  return `W/"${createHash('md5')
    .update(answer.body ?? '')
    .digest('hex')}"`;
}
