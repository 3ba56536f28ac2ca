// A host that gives back what it was sent, above all the credential, in every place of an answer: a Git host, a forge's API and a
// registry in one. What it does stands in the path, as a part `do-...`.
import type { ServerResponse } from 'node:http';
import { flushPacket, packet } from '../../src/revision/git/pkt-line.ts';
import { type Answerer, type HttpServer, type HttpServerOptions, startHttpServer } from '../servers/http-server.ts';

type Asked = Parameters<Answerer>[0];

interface Echo {
  readonly request: Asked;
  readonly response: ServerResponse;
  /** All that the request carried that may be secret, on one line. */
  readonly said: string;
  /** The same as far as it can stand in a URL. */
  readonly word: string;
  /** `host:port` of this server. */
  readonly own: string;
}

const commit = 'c'.repeat(40);
const digest = `sha256:${'d'.repeat(64)}`;
const gitResult = { 'content-type': 'application/x-git-upload-pack-result' };
const gitRefs = { 'content-type': 'application/x-git-upload-pack-advertisement' };

function refs(...lines: readonly string[]): Buffer {
  return Buffer.concat([...lines.map(packet), flushPacket]);
}

/** Each way of giving it back. */
const manners: Readonly<Record<string, (echo: Echo) => void>> = {
  unauthorized: ({ response, said }) =>
    response.writeHead(401, { 'www-authenticate': `Basic realm="${said}"`, 'x-said': said }).end(said),
  bearer: ({ response, own, said }) =>
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${own}/do-html",scope="${said}"` }).end(said),
  token: ({ response, own }) =>
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${own}/give-token"` }).end(),
  realm: ({ response, own, word }) =>
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${word}:${word}@${own}/"` }).end(),
  forbidden: ({ response, said }) => response.writeHead(403, { 'x-said': said }).end(`{"message":"${said}"}`),
  missing: ({ response, said }) => response.writeHead(404, { 'x-said': said }).end(JSON.stringify({ message: said })),
  unavailable: ({ response, said }) => response.writeHead(451).end(said),
  limited: ({ response, said }) =>
    response.writeHead(429, { 'retry-after': said, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': said }).end(said),
  broken: ({ response, said }) => response.writeHead(500, said.slice(0, 200)).end(`<pre>${said}</pre>`),
  away: ({ response, said }) => response.writeHead(503, { 'retry-after': '1', server: said }).end(said),
  teapot: ({ response, said }) => response.writeHead(418).end(said),
  html: ({ response, said }) => response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>${said}</h1>`),
  json: ({ response, said }) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said)),
  empty: ({ response, said }) => response.writeHead(200, { 'x-said': said }).end(),
  error: ({ response, said }) => response.writeHead(200, gitResult).end(refs(`ERR ${said}\n`)),
  lines: ({ response, said }) => response.writeHead(200, gitResult).end(refs(`${said}\n`)),
  symref: ({ response, word }) =>
    response
      .writeHead(200, { ...gitResult, etag: `"${word}"` })
      .end(refs(`${commit} HEAD symref-target:refs/heads/${word}\n`)),
  tagged: ({ request, response, word }) => {
    const named = { etag: `"${word}"`, 'docker-content-digest': digest };
    const body = { default_branch: word, full_name: word, commit: { id: commit, sha: commit } };
    response.writeHead(200, named).end(request.method === 'HEAD' ? undefined : JSON.stringify(body));
  },
  digest: ({ response, said }) => response.writeHead(200, { 'docker-content-digest': said, etag: said }).end(said),
  query: ({ response, own, word }) =>
    response.writeHead(302, { location: `http://localhost:${own.split(':')[1]}/do-html/?token=${word}` }).end(),
  path: ({ response, word }) =>
    response.writeHead(301, { location: `/do-symref/${word}/r.git/info/refs?service=git-upload-pack` }).end(),
  userinfo: ({ response, own, word }) =>
    response.writeHead(302, { location: `http://${word}:${word}@${own}/do-html` }).end(),
  scheme: ({ response, word }) => response.writeHead(302, { location: `ftp://${word}/${word}` }).end(),
  host: ({ response, word }) => response.writeHead(302, { location: `http://${word}.invalid/` }).end(),
  header: ({ response, said }) => raw(response, `HTTP/1.1 200 OK\r\nx-said: ${said}\0\r\n\r\n${said}`),
  status: ({ response, said }) => raw(response, `${said} HTTP/1.1 200 OK\r\n\r\n`),
  cut: ({ response, said }) => raw(response, `HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n${said}`),
  zipped: ({ response, said }) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(said),
  packed: ({ response, said }) => response.writeHead(200, { 'content-encoding': said.slice(0, 99) }).end(said),
  huge: ({ response, said }) => response.writeHead(200, gitResult).end(`${said}\n`.repeat(200_000)),
  late,
};

/** All ways. */
export const mannerNames: readonly string[] = Object.keys(manners);

/** A repository until its content is wanted. */
function late({ request, response, said }: Echo): void {
  if (request.method === 'GET')
    return void response.writeHead(200, gitRefs).end(refs('version 2\n', 'ls-refs\n', 'fetch=shallow\n'));
  const wantsContent = request.body.includes('command=fetch');
  const line = wantsContent ? `ERR ${said}\n` : `${commit} HEAD symref-target:refs/heads/main\n`;
  response.writeHead(200, gitResult).end(refs(line, ...(wantsContent ? [] : [`${commit} refs/heads/main\n`])));
}

function raw(response: ServerResponse, text: string): void {
  response.socket?.end(text);
}

/** Starts one; with `tls` over TLS. */
export async function startEchoHost(options: HttpServerOptions = {}): Promise<HttpServer> {
  const server: HttpServer = await startHttpServer((request, response) => {
    const said = saidIn(request);
    const word = encodeURIComponent(said.split(' ').at(-1) ?? '').replaceAll('%', '') || 'nobody';
    const own = `127.0.0.1:${server.port}`;
    if (request.url.startsWith('/give-token')) return response.end(JSON.stringify({ token: word, expires_in: 60 }));
    // Registries are sent a credential when they ask for it.
    if (request.url.startsWith('/v2/') && said === '' && !/do-(?:bearer|token|realm)/.test(request.url)) {
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    }
    const name = /do-([a-z]+)/.exec(request.url)?.[1] ?? 'missing';
    return manners[name]?.({ request, response, said, word, own });
  }, options);
  return server;
}

/** The credential of a request: as sent, and decoded; the last word is the password. */
function saidIn({ headers, body }: Asked): string {
  const { authorization = '', 'private-token': token = '', 'job-token': job = '' } = headers;
  const [scheme, value = ''] = authorization.split(' ');
  const decoded = scheme === 'Basic' ? Buffer.from(value, 'base64').toString('utf8') : value;
  const form = body.startsWith('grant_type') ? body : '';
  const password = String(token || job || decoded.slice(decoded.indexOf(':') + 1));
  // Headers are Latin-1, and have no line breaks.
  return [authorization, value, decoded, form, token, job, password]
    .join(' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim();
}
