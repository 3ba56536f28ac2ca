// A proxy before Redis that reads the commands which a worker sends, one by one, and can hold one of them or its answer.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The words of one command, as they were sent. */
export type Command = readonly string[];

export interface RedisProxy extends AsyncDisposable {
  readonly port: number;
  /** Asked for each command before it is passed on; replaces what was there, undefined lets all pass. */
  fault: ((command: Command) => RedisFault | undefined) | undefined;
}

/** The client is killed by `kill`: before the command reaches Redis (it never does), or when Redis has answered it. */
export interface RedisFault {
  readonly moment: 'before' | 'after';
  readonly kill: () => Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startRedisProxy(target: number): Promise<RedisProxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, client => {
    const redis = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        // What was passed on is still read and done, as it would be without a proxy.
        other.end();
      });
    }
    relay(client, redis, command => proxy.fault?.(command));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: RedisProxy = {
    port: (server.address() as AddressInfo).port,
    fault: undefined,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return proxy;
}

function relay(client: Socket, redis: Socket, faultOf: (command: Command) => RedisFault | undefined): void {
  let unread: Buffer = Buffer.alloc(0);
  let held: RedisFault | undefined;
  let dead = false;
  const end = async (fault: RedisFault) => {
    dead = true;
    await fault.kill();
    client.destroy();
  };
  client.on('data', chunk => {
    unread = Buffer.concat([unread, chunk]);
    for (let next = readCommand(unread); next && !dead && !held; next = readCommand(unread)) {
      const fault = faultOf(next.words);
      if (fault?.moment === 'before') return void end(fault);
      redis.write(unread.subarray(0, next.length));
      unread = unread.subarray(next.length);
      held = fault;
    }
  });
  redis.on('data', chunk => {
    if (dead) return;
    if (held) return void end(held);
    client.write(chunk);
  });
}

/** The first whole command of what was sent, and its length; undefined: more bytes are to come. */
function readCommand(bytes: Buffer): { readonly words: Command; readonly length: number } | undefined {
  const header = readNumber(bytes, 0);
  if (header === undefined) return undefined;
  const words: string[] = [];
  let at = header.end;
  for (let left = header.value; left > 0; left -= 1) {
    const size = readNumber(bytes, at);
    if (size === undefined || bytes.length < size.end + size.value + 2) return undefined;
    words.push(bytes.toString('utf8', size.end, size.end + size.value));
    at = size.end + size.value + 2;
  }
  return { words, length: at };
}

/** `*3` or `$12`, and where its line ends. */
function readNumber(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | undefined {
  const end = bytes.indexOf('\r\n', at);
  return end < 0 ? undefined : { value: Number(bytes.toString('latin1', at + 1, end)), end: end + 2 };
}
