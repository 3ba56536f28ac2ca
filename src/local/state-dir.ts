// The directory in which local mode keeps everything: one process at a time, readable by its owner alone.
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { TerminalError } from '../platform/errors.ts';
import { lockFile } from './file-lock.ts';

/** The ports of this directory's servers, all on 127.0.0.1. */
const Ports = z.object({ api: z.number(), registry: z.number(), git: z.number(), health: z.number() });

export type Ports = Readonly<z.infer<typeof Ports>>;

export interface StateDirectory extends Disposable {
  /** Absolute. */
  readonly path: string;
  /** Chosen at the first start, kept ever since: kubeconfigs and image references name them. */
  readonly ports: Ports;
  /** Where the API server keeps its objects, its kubeconfig and its key: the directory itself. */
  readonly kubeconfig: string;
  readonly registry: string;
  readonly repositories: string;
  /** Logs of runs: `<namespace>/<BuildRun>.log`. */
  readonly logs: string;
  /** Emptied at each start. */
  readonly scratch: string;
}

/** Where the parts of a state directory lie; also for readers that do not own it. */
export function stateLayout(directory: string): Omit<StateDirectory, 'ports' | typeof Symbol.dispose> {
  const path = resolve(directory);
  return {
    path,
    kubeconfig: join(path, 'kubeconfig'),
    registry: join(path, 'registry'),
    repositories: join(path, 'git'),
    logs: join(path, 'logs'),
    scratch: join(path, 'scratch'),
  };
}

/**
 * Opens the directory for this process, making it where it is absent. Throws TerminalError StateInUse, naming the process that has it;
 * what a dead process held is free.
 */
export async function openStateDirectory(directory: string): Promise<StateDirectory> {
  const layout = stateLayout(directory);
  await mkdir(layout.path, { recursive: true, mode: 0o700 });
  await chmod(layout.path, 0o700);
  const lock = await lockFile(join(layout.path, 'lock'));
  if ('heldBy' in lock) {
    const who = lock.heldBy === undefined ? 'another process' : `process ${lock.heldBy}`;
    throw new TerminalError('StateInUse', `${layout.path} is in use by ${who}; stop it, or choose another --state`);
  }
  try {
    const ports = await readPorts(join(layout.path, 'ports.json'));
    return { ...layout, ports, [Symbol.dispose]: () => lock[Symbol.dispose]() };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

async function readPorts(file: string): Promise<Ports> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const kept = text === undefined ? undefined : Ports.safeParse(parseJson(text)).data;
  if (kept) return kept;
  const [api = 0, registry = 0, git = 0, health = 0] = await freePorts(4);
  const ports = { api, registry, git, health };
  // Whole or not at all: a half-written file would move the servers.
  await writeFile(`${file}.new`, `${JSON.stringify(ports)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return ports;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Ports that nobody listens on at this moment, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      server =>
        new Promise<number>((found, failed) => {
          server.once('error', failed);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            found(typeof address === 'object' && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map(server => new Promise(closed => server.close(closed))));
  return ports;
}
