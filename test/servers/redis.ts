// Debian's redis-server as a process of its own on a loopback port: killed, restarted, emptied, stopped and counted at will.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Certificate, selfSigned } from './certificate.ts';

const binary = '/usr/bin/redis-server';
const client = '/usr/bin/redis-cli';

/** Absent where Debian's package redis-server is not installed; tests then say that they skip. */
export const hasRedis = existsSync(binary) && existsSync(client);

export const skipsWithoutRedis = 'skipped without the Debian package redis-server';

export interface TestRedisOptions {
  readonly password?: string;
  readonly tls?: boolean;
  /** `always` (the default): what it has answered survives its death; with `everysec` the last moments may not. */
  readonly fsync?: 'always' | 'everysec';
}

export interface TestRedis extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** PEM to trust; absent without TLS. */
  readonly ca: string | undefined;
  /** Ends the process at once; what the AOF has reached the disk with is there after `restart`. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and files. */
  restart(): Promise<void>;
  /** FLUSHALL. */
  flush(): Promise<void>;
  /** Lets the process stand still: it takes connections and answers nothing; false: it goes on. */
  freeze(frozen: boolean): void;
  /** One command, and its answer as redis-cli prints it. */
  command(...words: string[]): Promise<string>;
  /** Calls of each command since `resetCommandstats`, those within scripts too, our own reading left out. */
  commandstats(): Promise<ReadonlyMap<string, { readonly calls: number; readonly usec: number }>>;
  resetCommandstats(): Promise<void>;
}

/** Starts a Redis with AOF, its files in a directory that goes with it. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'revflow-redis-'));
  const port = await freePort();
  const tls = options.tls === true ? await selfSigned() : undefined;
  const words = await serverWords({ ...options, directory, port, certificate: tls });
  let server = await startServer(words, directory);

  async function command(...args: string[]): Promise<string> {
    const login = options.password === undefined ? [] : ['--no-auth-warning', '-a', options.password];
    const secure = tls ? ['--tls', '--insecure'] : [];
    const { stdout } = await promisify(execFile)(client, ['-p', String(port), ...login, ...secure, ...args], {
      maxBuffer: 1 << 28,
    });
    return stdout.trim();
  }

  async function kill9() {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }

  return {
    port,
    url: `${tls ? 'rediss' : 'redis'}://${options.password ? `:${encodeURIComponent(options.password)}@` : ''}127.0.0.1:${port}`,
    ca: tls?.certificate,
    kill9,
    async restart() {
      await kill9();
      server = await startServer(words, directory);
    },
    flush: async () => void (await command('FLUSHALL')),
    freeze: frozen => void server.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    command,
    async commandstats() {
      const found = (await command('INFO', 'commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+),usec=(\d+)/gm);
      const all = [...found].map(
        ([, name = '', calls, usec]) => [name, { calls: Number(calls), usec: Number(usec) }] as const,
      );
      return new Map(all.filter(([name]) => !/^(info|config)/.test(name)));
    },
    resetCommandstats: async () => void (await command('CONFIG', 'RESETSTAT')),
    async [Symbol.asyncDispose]() {
      await kill9();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Server extends TestRedisOptions {
  readonly directory: string;
  readonly port: number;
  readonly certificate: Certificate | undefined;
}

async function serverWords({ directory, port, certificate, password, fsync = 'always' }: Server): Promise<string[]> {
  const common = ['--dir', directory, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes'];
  const policy = ['--appendfsync', fsync, '--maxmemory-policy', 'noeviction'];
  const login = password === undefined ? [] : ['--requirepass', password];
  if (!certificate) return [...common, ...policy, ...login, '--port', String(port)];
  const crt = join(directory, 'tls.crt');
  const key = join(directory, 'tls.key');
  await writeFile(crt, certificate.certificate);
  await writeFile(key, certificate.key, { mode: 0o600 });
  const files = ['--tls-cert-file', crt, '--tls-key-file', key, '--tls-auth-clients', 'no'];
  return [...common, ...policy, ...login, '--port', '0', '--tls-port', String(port), ...files];
}

async function startServer(words: string[], directory: string): Promise<ChildProcess> {
  const server = spawn(binary, words, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let output = '';
  server.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.includes('Ready to accept connections')) resolve();
  });
  server.once('exit', () => reject(new Error(`redis-server ended:\n${output}`)));
  await promise;
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address === 'string' || address === null) throw new Error('no port was given');
  return address.port;
}
