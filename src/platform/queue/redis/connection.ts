// Connections to Redis or Valkey: one kind fails fast, the other waits for the server for as long as it takes.
import { createHash } from 'node:crypto';
import { Redis, type RedisOptions } from 'ioredis';
import type { Clock } from '../../clock.ts';
import { RetryableError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type RedisAddress, redisAddress, serverName } from './address.ts';

export interface ConnectionOptions {
  /** See redisAddress. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Certificates to trust besides the usual ones, for `rediss://`. */
  readonly caPem?: string | undefined;
}

/** A Lua script; sent once to a server, named by its hash afterwards. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** Whoever asks gets an answer, or a RetryableError within seconds: nothing is ever kept for a server that is away. */
export interface Connection extends AsyncDisposable {
  readonly display: string;
  /** Whether the server took the last command, and is connected. */
  healthy(): boolean;
  /** Sends commands; `what` completes "cannot ..." in the error's message. */
  ask<T>(what: string, send: (client: Redis) => Promise<T>): Promise<T>;
}

const askMs = 3_000;
const connectMs = 5_000;
/** A server that owes an answer for so long is taken for dead; longer than any blocking read of ours. */
const silenceMs = 15_000;
const longestRetryMs = 2_000;
/** How long opening waits for the server before it lets the caller start without one. */
const openMs = 5_000;

const notConnected = 'not connected';

/** A script with the hash under which Redis keeps it. */
export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Runs a script whose only key is `key`. */
export async function run(
  client: Redis,
  { lua, sha }: Script,
  call: readonly [key: string, ...args: (string | number)[]],
) {
  try {
    return await client.evalsha(sha, 1, ...call);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return client.eval(lua, 1, ...call);
  }
}

/** A client that keeps its commands until the server is back; for consumers. */
export interface Patient {
  readonly client: Redis;
  /** Ends the connection and those of all duplicates at once, whatever state they are in. */
  readonly cut: () => void;
}

/** TerminalError BadUrl for a URL of no use. */
export function openPatient(options: ConnectionOptions): Patient {
  const address = redisAddress(options.url);
  const { client } = watched(
    open(address, options, { maxRetriesPerRequest: null, socketTimeout: silenceMs }),
    address,
    options,
  );
  const all = [client];
  const duplicate = client.duplicate.bind(client);
  client.duplicate = override => {
    const copy = duplicate(override);
    all.push(copy);
    return copy;
  };
  return { client, cut: () => all.forEach(each => each.disconnect()) };
}

/** A connection that fails fast. Resolves when it is connected, or after some seconds without; then it goes on trying. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const address = redisAddress(options.url);
  const hasty = { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: askMs, socketTimeout: 2 * askMs };
  const { client, trouble } = watched(open(address, options, hasty), address, options);
  await ready(client, options.clock);
  let failed = false;
  let probing = false;

  async function probe() {
    if (probing || client.status !== 'ready') return;
    probing = true;
    await client.ping().then(
      () => (failed = false),
      () => undefined,
    );
    probing = false;
  }

  return {
    display: address.display,
    healthy() {
      if (failed) void probe();
      return client.status === 'ready' && !failed;
    },
    async ask(what, send) {
      try {
        const answer = await send(client);
        failed = false;
        return answer;
      } catch (error) {
        failed = true;
        throw refusal(`cannot ${what}: Redis at ${address.display}`, [said(error, address), trouble()]);
      }
    },
    async [Symbol.asyncDispose]() {
      client.disconnect();
    },
  };
}

/** What an error of the client says, without the password whatever happens; its other fields hold commands and are dropped. */
export function said(error: unknown, { password }: Pick<RedisAddress, 'password'>): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  if (text.includes("Stream isn't writeable")) return notConnected;
  return password === undefined
    ? text
    : text.replaceAll(password, '***').replaceAll(encodeURIComponent(password), '***');
}

function refusal(what: string, [now, before]: readonly [string, string | undefined]): RetryableError {
  const text = now === notConnected && before !== undefined ? before : now;
  const message = text === now ? `${what}: ${now}` : `${what}: ${now}: ${text}`;
  if (/^(WRONGPASS|NOAUTH|NOPERM)/.test(text)) return new RetryableError('Unauthorized', message);
  if (/^[A-Z]{3,} /.test(text)) return new RetryableError('ServerError', message);
  return new RetryableError(text.includes('timed out') ? 'Timeout' : 'NetworkError', message);
}

function open(address: RedisAddress, { caPem }: ConnectionOptions, manner: RedisOptions): Redis {
  const { display: _, tls, ...where } = address;
  const servername = serverName(address);
  const trust = { ...(servername && { servername }), ...(caPem && { ca: caPem }) };
  const options: RedisOptions = {
    ...where,
    ...manner,
    ...(tls && { tls: trust }),
    connectionName: 'revflow',
    connectTimeout: connectMs,
    keepAlive: 10_000,
    retryStrategy: times => Math.min(50 * 2 ** Math.min(times, 10), longestRetryMs) * (0.75 + Math.random() / 4),
    // A primary that became a replica answers so; connecting anew finds the new primary behind the same name.
    reconnectOnError: error => error.message.startsWith('READONLY'),
  };
  return new Redis({ ...options, replyMapping: 'legacy' });
}

/** Logs when the server goes and comes, once each, however often connecting is tried between; knows the last trouble. */
function watched(client: Redis, address: RedisAddress, { log }: ConnectionOptions) {
  let told: string | undefined;
  client.on('error', (error: unknown) => {
    const message = said(error, address);
    if (message !== told) log.warn('Redis does not answer; trying again', { redis: address.display, message });
    told = message;
  });
  client.on('ready', () => {
    if (told !== undefined) log.info('Redis answers again', { redis: address.display });
    told = undefined;
  });
  return { client, trouble: () => told };
}

async function ready(client: Redis, clock: Clock): Promise<void> {
  if (client.status === 'ready') return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(openMs, resolve);
  client.once('ready', resolve);
  await promise;
  timer.cancel();
  client.off('ready', resolve);
}
