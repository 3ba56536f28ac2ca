// The command `revflow` as people run it: in a process of its own, or, where many small cases are tried, in this one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { runProgram } from '../../src/app/cli/program.ts';

const root = resolve(import.meta.dirname, '../..');

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Circumstances {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What is piped in. */
  readonly input?: string;
  /** What it prints goes to a terminal. */
  readonly isTTY?: boolean;
  /** Another Node than this one. */
  readonly node?: string;
}

/** Starts `node bin/revflow.js` without the test's own environment. */
export function spawnRevflow(args: readonly string[], { env, cwd, node }: Circumstances = {}) {
  return spawn(node ?? process.execPath, [join(root, 'bin/revflow.js'), ...args], {
    cwd: cwd ?? root,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs it to its end. */
export async function revflow(args: readonly string[], how: Circumstances = {}): Promise<Ended> {
  const child = spawnRevflow(args, how);
  child.stdin.on('error', () => {}).end(how.input ?? '');
  const [out, err] = [text(child.stdout), text(child.stderr)];
  const [code] = await once(child, 'close');
  return { code: code as number | null, out: await out, err: await err };
}

/** The same in this process; nothing of this machine's environment is seen. */
export async function inProcess(
  args: readonly string[],
  { env, input = '', isTTY = false }: Circumstances = {},
): Promise<Ended> {
  const told = { out: '', err: '' };
  const output = (name: 'out' | 'err') => ({
    isTTY,
    write(part: string) {
      told[name] += part;
      return true;
    },
  });
  const code = await runProgram(args, {
    env: { HOME: '/nonexistent', ...env },
    input: (async function* () {
      yield input;
    })(),
    out: output('out'),
    err: output('err'),
    signal: new AbortController().signal,
  });
  return { code, ...told };
}
