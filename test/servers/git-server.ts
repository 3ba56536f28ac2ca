// A Git server over HTTP for tests: real repositories behind `git http-backend`, with accounts, renames and old protocols.
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { selfSigned } from './certificate.ts';
import { askBackend, type BackendAnswer } from './git-backend.ts';
import { createRepository, type GitRepository, type RepositoryOptions } from './git-repository.ts';

/** One request, as it came in. */
interface SeenRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The status of the answer. */
  readonly status: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
}

export interface ServedRepository extends GitRepository {
  /** `owner/name`, without `.git`. */
  readonly path: string;
  /** Canonical, without `.git`. */
  readonly url: string;
  /** Only who has an account may read it. */
  isPrivate: boolean;
  /** Moves it to another path; the old one redirects from then on. */
  rename(path: string): Promise<void>;
  /** Takes it away, without a redirect. */
  remove(): Promise<void>;
}

export interface GitServerOptions {
  readonly tls?: boolean;
  /** Answers before Git does; undefined leaves the request to Git. */
  readonly before?: (request: ForgeRequest) => Promise<ForgeAnswer | undefined>;
  /** As forges do: who has not logged in learns nothing of what is there. */
  readonly hidesAbsent?: boolean;
  /** Remembers answers until a repository changes: `git http-backend` itself ends near 250 a second. */
  readonly remember?: boolean;
}

export interface ForgeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface ForgeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface GitServer extends AsyncDisposable {
  /** `http://127.0.0.1:port`; with TLS https. */
  readonly url: string;
  readonly host: string;
  /** PEM; absent without TLS. */
  readonly ca: string | undefined;
  /** Since the start, or since they were last cleared (`length = 0`). */
  readonly requests: SeenRequest[];
  /** Passwords that are right, with the user names that they need; undefined: any. */
  readonly accounts: Map<string, string | undefined>;
  /** Where the repository is served now. */
  readonly repositories: ReadonlyMap<string, ServedRepository>;
  /** Old paths to new ones. */
  readonly moved: ReadonlyMap<string, string>;
  /** `v0`: the header that asks for v2 is not heard. `discoverFirst`: a bare POST is refused. */
  manners: 'v2' | 'v0' | 'discoverFirst';
  /** A forge's API leaves out what a list of a tree has more. */
  mostEntries: number;
  repository(path: string, options?: RepositoryOptions & { readonly isPrivate?: boolean }): Promise<ServedRepository>;
  close(): Promise<void>;
}

const notFound: ForgeAnswer = { status: 404, body: 'Not Found' };
const unauthorized: ForgeAnswer = { status: 401, headers: { 'www-authenticate': 'Basic realm="Git"' } };

/** Starts one on a free port of 127.0.0.1. */
export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const root = await mkdtemp(join(tmpdir(), 'revflow-git-'));
  const tls = options.tls === true ? await selfSigned() : undefined;
  const repositories = new Map<string, ServedRepository>();
  const moved = new Map<string, string>();
  const answers = new Map<string, Promise<BackendAnswer>>();
  const requests: SeenRequest[] = [];
  const changed = () => answers.clear();

  async function answer(request: ForgeRequest): Promise<ForgeAnswer> {
    const before = await options.before?.(request);
    if (before) return before;
    const match = /^\/(.+?)(\.git)?(\/(?:info\/refs|git-upload-pack|git-receive-pack))$/.exec(
      decodeURIComponent(request.url.pathname),
    );
    const [, path = '', , operation = ''] = match ?? [];
    const target = moved.get(path);
    if (target !== undefined) {
      const location = `/${encodePath(target)}.git${operation}${request.url.search}`;
      return { status: 301, headers: { location } };
    }
    const repository = repositories.get(path);
    const user = userOf(request.headers['authorization'], server.accounts);
    if (!repository)
      return options.hidesAbsent === true && (user === undefined || user === 'wrong') ? unauthorized : notFound;
    if (user === 'wrong' || (user === undefined && (repository.isPrivate || isPush(request, operation)))) {
      return unauthorized;
    }
    const isBare = request.method === 'POST' && operation === '/git-upload-pack';
    if (server.manners === 'discoverFirst' && isBare && !isDiscovered(requests, path)) return { status: 400 };
    return forward(request, `/${path}.git${operation}`, user);
  }

  function forward(request: ForgeRequest, path: string, user: string | undefined): Promise<ForgeAnswer> {
    const headers = server.manners === 'v0' ? { ...request.headers, 'git-protocol': undefined } : request.headers;
    const { method, url, body } = request;
    const key = [method, path, url.search, headers['git-protocol'], body.toString('latin1')].join('\n');
    const known = options.remember === true && !isPush(request, path) ? answers.get(key) : undefined;
    if (known) return known;
    const asked = askBackend({ root, method, path, query: url.search.slice(1), headers, body, user });
    answers.set(key, asked);
    if (isPush(request, path)) asked.then(changed, changed);
    return asked;
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const { method = '', url = '/' } = incoming;
    const body = await buffer(incoming);
    const made = await answer({ method, url: new URL(url, server.url), headers, body });
    requests.push({ method, url, headers, status: made.status, bytes: Buffer.byteLength(made.body ?? '') });
    outgoing.writeHead(made.status, made.headers ?? {});
    outgoing.end(made.status === 304 ? undefined : made.body);
  }

  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    handle(incoming, outgoing).catch(() => incoming.socket.destroy());
  };
  const http = tls
    ? createSecureServer({ cert: tls.certificate, key: tls.key }, listener)
    : createServer({ keepAliveTimeout: 60_000 }, listener);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const host = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  const close = async () => {
    const closed = once(http, 'close');
    http.close();
    http.closeAllConnections();
    await closed;
    await rm(root, { recursive: true, force: true });
  };
  const server: GitServer = {
    url: `${tls ? 'https' : 'http'}://${host}`,
    host,
    ca: tls?.certificate,
    requests,
    accounts: new Map(),
    repositories,
    moved,
    manners: 'v2',
    mostEntries: 100_000,
    async repository(path, { isPrivate = false, ...rest } = {}) {
      const directoryOf = (at: string) => join(root, `${at}.git`);
      await mkdir(dirname(directoryOf(path)), { recursive: true });
      const bare = await createRepository(directoryOf(path), rest, changed);
      let at = path;
      const served: Omit<ServedRepository, keyof GitRepository> = {
        get path() {
          return at;
        },
        get url() {
          return `${server.url}/${encodePath(at)}`;
        },
        isPrivate,
        async rename(to) {
          await bare.moveTo(directoryOf(to));
          repositories.delete(at);
          moved.set(at, to);
          moved.delete(to);
          repositories.set(to, repository);
          at = to;
        },
        async remove() {
          repositories.delete(at);
        },
      };
      const repository: ServedRepository = Object.defineProperties(
        served,
        Object.getOwnPropertyDescriptors(bare),
      ) as ServedRepository;
      repositories.set(path, repository);
      moved.delete(path);
      return repository;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return server;
}

/** The user of a right password; `wrong` for a login that is not, undefined without one. */
function userOf(
  authorization: string | undefined,
  accounts: ReadonlyMap<string, string | undefined>,
): string | undefined {
  if (authorization === undefined) return undefined;
  const encoded = /^Basic (.+)$/.exec(authorization)?.[1];
  if (encoded === undefined) return 'wrong';
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  const user = decoded.slice(0, colon);
  const password = decoded.slice(colon + 1);
  if (!accounts.has(password)) return 'wrong';
  const needed = accounts.get(password);
  return needed === undefined || needed === user ? user : 'wrong';
}

function isPush(request: ForgeRequest, operation: string): boolean {
  return operation.endsWith('git-receive-pack') || request.url.searchParams.get('service') === 'git-receive-pack';
}

function isDiscovered(requests: readonly SeenRequest[], path: string): boolean {
  const last = requests.at(-1);
  return last !== undefined && last.method === 'GET' && last.url.startsWith(`/${encodePath(path)}`);
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
