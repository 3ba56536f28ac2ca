// Debian's docker-registry as a process of its own: open, behind htpasswd, or behind tokens; plain or with TLS.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { selfSigned } from './certificate.ts';
import { startTokenServer, type TokenServer } from './token-server.ts';

const binary = '/usr/bin/docker-registry';

/** Absent where Debian's package docker-registry is not installed; tests then say that they skip. */
export const hasDockerRegistry = existsSync(binary);

export const skipsWithoutDockerRegistry = 'skipped without the Debian package docker-registry';

/** Passwords that the user `revflow` may be given, with the bcrypt hash that the registry reads. */
const passwords = {
  right: '$2b$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC',
  rotated: '$2b$04$abcdefghijklmnopqrstuuSyk/X/xTlNvaSy3dDba9.wRaPRcYK7K',
  'pä:ss密码': '$2b$04$abcdefghijklmnopqrstuu91IZXSP7PziW3wYpln2V/OIXp5TVW.6',
} as const;

export type RegistryPassword = keyof typeof passwords;

export interface RegistryOptions {
  readonly auth?: 'none' | 'htpasswd' | 'token';
  readonly tls?: boolean;
}

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly url: string;
  /** PEM of the authority that signed the certificate; absent without TLS. */
  readonly ca: string | undefined;
  readonly user: 'revflow';
  /** Present with `auth: 'token'`. */
  readonly tokens: TokenServer | undefined;
  /** The one password that is right from now on (first: `right`). */
  setPassword(password: RegistryPassword): Promise<void>;
  close(): Promise<void>;
}

/** Starts a registry on a free port of 127.0.0.1, its store in a directory that goes with it. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'revflow-registry-'));
  const tls = options.tls === true ? await selfSigned() : undefined;
  const tokens = options.auth === 'token' ? await startTokenServer() : undefined;
  const htpasswd = join(directory, 'htpasswd');
  const setPassword = async (password: RegistryPassword) => {
    tokens?.setPassword(password);
    await writeFile(htpasswd, `revflow:${passwords[password]}\n`);
  };
  await setPassword('right');
  if (tls) {
    await writeFile(join(directory, 'tls.crt'), tls.certificate);
    await writeFile(join(directory, 'tls.key'), tls.key);
  }
  if (tokens) await writeFile(join(directory, 'tokens.crt'), tokens.certificate);
  await mkdir(join(directory, 'store'));
  const config = configuration(directory, {
    auth: options.auth ?? 'none',
    tls: tls !== undefined,
    realm: tokens?.realm,
  });
  await writeFile(join(directory, 'config.yml'), JSON.stringify(config));
  const child = spawn(binary, ['serve', join(directory, 'config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const host = await listeningAddress(child);
  const close = async () => {
    const ended = new Promise(resolve => child.once('close', resolve));
    child.kill('SIGKILL');
    if (child.exitCode === null) await ended;
    await tokens?.close();
    await rm(directory, { recursive: true, force: true });
  };
  return {
    host,
    url: `${tls ? 'https' : 'http'}://${host}`,
    ca: tls?.certificate,
    user: 'revflow',
    tokens,
    setPassword,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function configuration(
  directory: string,
  { auth, tls, realm }: { auth: 'none' | 'htpasswd' | 'token'; tls: boolean; realm: string | undefined },
): object {
  const auths = {
    none: {},
    htpasswd: { auth: { htpasswd: { realm: 'test', path: join(directory, 'htpasswd') } } },
    token: {
      auth: {
        token: {
          realm,
          service: 'test-registry',
          issuer: 'test-issuer',
          rootcertbundle: join(directory, 'tokens.crt'),
        },
      },
    },
  };
  return {
    version: '0.1',
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'store') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      secret: 'test',
      relativeurls: true,
      ...(tls ? { tls: { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') } } : {}),
    },
    ...auths[auth],
  };
}

function listeningAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`docker-registry ended with ${code}: ${said.join('\n')}`)));
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', line => {
      said.push(line);
      const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
}
