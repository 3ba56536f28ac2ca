// A process that plays all Git hosts, registries and forge APIs of the benchmark. Git is answered from remembered answers of the real
// `git http-backend`, one for each shape of question, with the ids of the repository that is asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { startGitServer } from '../servers/git-server.ts';
import { initialCommit, initialDigest } from './heads.ts';
import { answerParent, preciseNow, tellParent } from './servant.ts';

interface Shape {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Where which ref's id stands in the body. */
  readonly places: readonly { readonly ref: string; readonly at: number }[];
}

const refs = ['main', 'release'];
const moved = new Map<string, string>();
/** Moved ids that nobody was told of yet. */
const unseen = new Set<string>();
const polls = new Map<string, number>();
const shapes = new Map<string, Promise<Shape>>();

const real = await startGitServer();
const repository = await real.repository('shape');
const ids = new Map<string, string>();
for (const branch of refs) ids.set(branch, await repository.commit({ branch }));

/** Asks the real Git once for each form of question. */
async function learn(question: Buffer): Promise<Shape> {
  const answer = await fetch(`${real.url}/shape.git/git-upload-pack`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-git-upload-pack-request', 'git-protocol': 'version=2' },
    body: new Uint8Array(question),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  const places = [...ids].flatMap(([ref, id]) => {
    const found: { ref: string; at: number }[] = [];
    for (let at = body.indexOf(id); at >= 0; at = body.indexOf(id, at + 1)) found.push({ ref, at });
    return found;
  });
  const type = answer.headers.get('content-type') ?? '';
  return { body, places, headers: { 'content-type': type, 'cache-control': 'no-cache' } };
}

function commitOf(path: string, ref: string): string {
  return moved.get(`${path}#${ref}`) ?? initialCommit(path, ref);
}

function show(id: string): string {
  if (unseen.delete(id)) tellParent({ sighted: id, at: preciseNow() });
  return id;
}

function count(source: string): void {
  polls.set(source, (polls.get(source) ?? 0) + 1);
}

async function answerGit(path: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const question = await buffer(incoming);
  const key = question.toString('latin1');
  const known = shapes.get(key) ?? learn(question);
  shapes.set(key, known);
  const { body, headers, places } = await known;
  const answer = Buffer.from(body);
  for (const { ref, at } of places) answer.write(show(commitOf(path, ref)), at, 'latin1');
  response.writeHead(200, { ...headers, 'content-length': answer.length }).end(answer);
}

/** What GitHub says of a commit, at its usual length. */
function answerCommit(path: string, ref: string, response: ServerResponse): void {
  const sha = show(commitOf(path, ref));
  const person = { name: 'A. Author', email: 'author@example.invalid', date: '2026-01-01T00:00:00Z' };
  const urls = Object.fromEntries(
    Array.from({ length: 16 }, (_, at) => [`url_${at}`, `https://api.example.invalid/users/author/${at}{/other}`]),
  );
  const commit = { author: person, committer: person, message: 'a change', tree: { sha }, comment_count: 0 };
  const files = [{ sha, filename: 'file.txt', status: 'modified', patch: '+ a line\n'.repeat(40) }];
  const body = JSON.stringify({ sha, commit, author: urls, committer: urls, parents: [{ sha }], files });
  response.writeHead(200, { 'content-type': 'application/json', etag: `"${sha}"` }).end(body);
}

function answerManifest(image: string, incoming: IncomingMessage, response: ServerResponse): void {
  const digest = show(moved.get(image) ?? initialDigest(image));
  const etag = `"${digest}"`;
  const headers = { 'docker-content-digest': digest, etag, 'docker-distribution-api-version': 'registry/2.0' };
  if (incoming.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end();
  const type = 'application/vnd.oci.image.manifest.v1+json';
  response.writeHead(200, { ...headers, 'content-type': type, 'content-length': 480 }).end();
}

function answer(incoming: IncomingMessage, response: ServerResponse): void {
  const url = incoming.url ?? '';
  const [, git] = /^\/(.+)\.git\/git-upload-pack$/.exec(url) ?? [];
  const [, image] = /^\/v2\/(.+)\/manifests\/[^/]+$/.exec(url) ?? [];
  const [, forge = '', ref = ''] = /^\/repos\/(.+)\/commits\/([^/]+)$/.exec(url) ?? [];
  if (git !== undefined) {
    count(git);
    answerGit(git, incoming, response).catch(() => incoming.socket.destroy());
  } else if (image !== undefined) {
    count(image);
    answerManifest(image, incoming, response);
  } else if (forge !== '') {
    count(forge);
    answerCommit(forge, ref, response);
  } else response.writeHead(url === '/v2/' ? 200 : 404).end();
}

/** One listener for Git hosts and forges, one for registries; with the bytes that went over its sockets. */
class Listener {
  readonly #open = new Set<Socket>();
  #closedBytes = 0;
  readonly #server = createServer({ keepAliveTimeout: 120_000 }, answer);

  constructor() {
    this.#server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.on('close', () => {
        this.#open.delete(socket);
        this.#closedBytes += socket.bytesRead + socket.bytesWritten;
      });
    });
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  get bytes(): number {
    let sum = this.#closedBytes;
    for (const socket of this.#open) sum += socket.bytesRead + socket.bytesWritten;
    return sum;
  }

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

const git = new Listener();
const registry = new Listener();
const hosts = { git: await git.listen(), registry: await registry.listen() };

answerParent({
  hosts: () => hosts,
  move: argument => {
    const { name, id } = argument as { readonly name: string; readonly id: string };
    moved.set(name, id);
    unseen.add(id);
    return preciseNow();
  },
  /** Polls since the last question of this kind. */
  counts: () => {
    const all = [...polls.values()];
    const counts = { sources: polls.size, requests: all.reduce((sum, one) => sum + one, 0), most: Math.max(0, ...all) };
    return { ...counts, gitBytes: git.bytes, registryBytes: registry.bytes };
  },
  reset: () => polls.clear(),
  /** Forgets what was moved: the next size begins with initial heads. */
  rewind: () => {
    moved.clear();
    unseen.clear();
    polls.clear();
  },
});
