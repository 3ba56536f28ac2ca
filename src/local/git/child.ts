// Child processes of local mode: an environment of their own, bounded output, and no descendant left when the work is given up.
import { spawn } from 'node:child_process';

export interface Command {
  /** Found on the PATH of `env`. */
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What it reads; absent: nothing. */
  readonly input?: string;
  /** Told what it writes to either stream, as it comes. */
  readonly heard?: (text: string) => void;
  /** Aborted: the process and its descendants are killed, and the call rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

export interface Finished {
  /** The exit code; 128 where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is kept of each stream, in bytes; the rest is read and dropped. */
const mostOutput = 256 * 1024;

/** Runs a program to its end. Rejects with an error whose `code` is ENOENT where there is no such program. */
export function runCommand({ program, args, env, cwd, input = '', heard, signal }: Command): Promise<Finished> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // A group of its own: what it starts dies with it.
    const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const kill = () => killGroup(child.pid);
    signal.addEventListener('abort', kill, { once: true });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    if (heard) for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', heard);
    // A program that ends before it read all of it says so by its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', error => {
      signal.removeEventListener('abort', kill);
      reject(error);
    });
    child.once('close', code => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason);
      else resolve({ code: code ?? 128, stdout: stdout(), stderr: stderr() });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (data: Buffer | string) => {
    const chunk = Buffer.from(data);
    if (size < mostOutput) chunks.push(chunk.subarray(0, mostOutput - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
