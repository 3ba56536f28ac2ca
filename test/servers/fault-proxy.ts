// Proxies that break things on purpose: they count, delay, drop and cut what passes. HTTP for the API server and forges, TCP for Redis.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import {
  createServer,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** One request, as the proxy saw it come in. */
export interface ProxiedRequest {
  /** Counted from 1 since the start or the last `reset`. */
  readonly index: number;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: string;
}

/** What happens to a request. Absent: it passes. */
export interface Fault {
  /** Waited for before it is forwarded, e.g. until a process is dead. */
  readonly before?: () => Promise<unknown> | undefined;
  /** Waited for when the server has answered and before the answer is passed on. */
  readonly after?: () => Promise<unknown> | undefined;
  /** The client's connection is cut before the request is forwarded, after the server handled it, or in the midst of the answer. */
  readonly cut?: 'before' | 'after' | 'midway';
  /** Nothing is forwarded and nothing answered: a connection that died without a word. */
  readonly drop?: boolean;
  /** Nothing is forwarded; an answer begins and goes on for ever, a byte now and then. */
  readonly drip?: boolean;
  /** Answered by the proxy itself. */
  readonly answer?: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };
  /** The answer's body is replaced (its status stays). */
  readonly rewrite?: (body: string) => string;
}

export interface FaultProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** What passed since the start or the last `reset`. */
  readonly requests: readonly ProxiedRequest[];
  /** Decides on each request; replaces what was there, undefined lets all pass. */
  fault: ((request: ProxiedRequest) => Fault | undefined) | undefined;
  /** Forgets the counted requests and the fault. */
  reset(): void;
  /** Cuts every connection that is open now. */
  cutAll(): void;
  /** Bytes of answers under way stop, connections stay: a watch that went silent. Until `thaw`. */
  freeze(): void;
  thaw(): void;
}

export interface HttpTarget {
  /** `http://` or `https://`, with host and port. */
  readonly url: string;
  /** A file with the certificates to trust; absent: the target's certificate is not checked (it is this machine). */
  readonly caFile?: string;
}

/** A plain-HTTP proxy before an HTTP or HTTPS server. */
export async function startHttpFaultProxy(target: HttpTarget): Promise<FaultProxy> {
  const upstream = new URL(target.url);
  const secure = upstream.protocol === 'https:';
  const ca = target.caFile === undefined ? undefined : await readFile(target.caFile, 'utf8');
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ...(ca === undefined ? { rejectUnauthorized: false } : { ca }) })
    : new HttpAgent({ keepAlive: true });
  const forward = secure ? httpsRequest : httpRequest;
  const connections = new Set<Socket>();
  const flowing = new Set<IncomingMessage>();
  let requests: ProxiedRequest[] = [];
  let frozen = false;

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readAll(incoming);
    const request: ProxiedRequest = {
      index: requests.length + 1,
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      body: body.toString('utf8'),
    };
    requests.push(request);
    const fault = proxy.fault?.(request) ?? {};
    await fault.before?.();
    if (fault.drop) return;
    if (fault.drip) return drip(outgoing);
    if (fault.cut === 'before') return void incoming.socket.resetAndDestroy();
    if (fault.answer) return answerItself(outgoing, fault.answer);
    const answer = await ask(incoming, outgoing, body);
    await fault.after?.();
    if (fault.cut === 'after') {
      answer.resume();
      return void incoming.socket.resetAndDestroy();
    }
    await pass(answer, outgoing, fault);
  }

  function ask(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options = { method: incoming.method, headers: { ...incoming.headers, host: upstream.host }, agent };
      const asked = forward(new URL(incoming.url ?? '/', upstream), options, resolve);
      asked.on('error', reject);
      // A client that goes away ends its watch at the server too.
      outgoing.on('close', () => asked.destroy());
      asked.end(body);
    });
  }

  async function pass(answer: IncomingMessage, outgoing: ServerResponse, fault: Fault): Promise<void> {
    if (fault.rewrite || fault.cut === 'midway') {
      const whole = (await readAll(answer)).toString('utf8');
      const { 'content-length': _, ...headers } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, headers);
      if (fault.rewrite) return void outgoing.end(fault.rewrite(whole));
      const half = whole.slice(0, Math.floor(whole.length / 2));
      return void outgoing.write(half, () => outgoing.socket?.resetAndDestroy());
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.flushHeaders();
    flowing.add(answer);
    answer.on('close', () => flowing.delete(answer));
    answer.on('error', () => outgoing.destroy());
    answer.on('data', chunk => outgoing.write(chunk));
    answer.on('end', () => outgoing.end());
    if (frozen) answer.pause();
  }

  const server = createServer((incoming, outgoing) => {
    // Whatever goes wrong upstream looks like a cut connection, which is what a broken server looks like.
    handle(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  server.on('connection', socket => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  const port = await listen(server);
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    port,
    get requests() {
      return requests;
    },
    fault: undefined,
    reset() {
      requests = [];
      proxy.fault = undefined;
    },
    cutAll() {
      for (const socket of connections) socket.resetAndDestroy();
    },
    freeze() {
      frozen = true;
      for (const answer of flowing) answer.pause();
    },
    thaw() {
      frozen = false;
      for (const answer of flowing) answer.resume();
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await close(server, connections);
    },
  };
  return proxy;
}

export interface TcpFaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Packets that clients sent since the start or the last `reset`; a command of Redis is one, unless it is long. */
  readonly packets: number;
  /** Connections that clients made since the start or the last `reset`. */
  readonly accepted: number;
  /** Called with the number of a client's packet before it is forwarded; it waits for the answer. */
  before: ((index: number) => Promise<unknown> | undefined) | undefined;
  /** Called with the number of a client's packet when the first bytes after it came back, before they are passed on. */
  after: ((index: number) => Promise<unknown> | undefined) | undefined;
  reset(): void;
  /** Cuts every connection that is open now. */
  cutAll(): void;
  /** New connections are cut at once, as if nothing listened; until it is false again. */
  refusing: boolean;
}

/** A proxy before any TCP server. */
export async function startTcpFaultProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpFaultProxy> {
  const connections = new Set<Socket>();
  let packets = 0;
  let accepted = 0;

  function accept(client: Socket): void {
    accepted += 1;
    if (proxy.refusing) return void client.resetAndDestroy();
    const server = connect(target.port, target.host);
    let last = 0;
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      connections.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        connections.delete(from);
        to.destroy();
      });
    }
    relay(client, server, () => {
      last = packets += 1;
      return proxy.before?.(last);
    });
    relay(server, client, () => proxy.after?.(last));
  }

  const server = createTcpServer(accept);
  const port = await listen(server);
  const proxy: TcpFaultProxy = {
    port,
    get packets() {
      return packets;
    },
    get accepted() {
      return accepted;
    },
    before: undefined,
    after: undefined,
    refusing: false,
    reset() {
      packets = 0;
      accepted = 0;
      proxy.before = undefined;
      proxy.after = undefined;
      proxy.refusing = false;
    },
    cutAll() {
      for (const socket of connections) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      await close(server, connections);
    },
  };
  return proxy;
}

/** Passes bytes on in order, each packet after what `before` waits for. */
function relay(from: Socket, to: Socket, before: () => Promise<unknown> | undefined): void {
  let turn: Promise<unknown> = Promise.resolve();
  from.on('data', chunk => {
    turn = turn.then(before).then(() => to.writable && to.write(chunk));
    turn.catch(() => to.destroy());
  });
  from.on('end', () => {
    turn = turn.then(() => to.end());
  });
}

function drip(outgoing: ServerResponse): void {
  outgoing.writeHead(200, { 'content-length': '1000000' });
  const timer = setInterval(() => outgoing.write(' '), 20);
  outgoing.on('close', () => clearInterval(timer));
}

function answerItself(outgoing: ServerResponse, answer: NonNullable<Fault['answer']>): void {
  outgoing.writeHead(answer.status, answer.headers);
  outgoing.end(answer.body);
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server, connections: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const socket of connections) socket.destroy();
  await closed;
}
