// `revflow run` as a process of its own, and what it costs.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { cpuSecondsOf, rssMbOf } from './servant.ts';

const root = resolve(import.meta.dirname, '../..');

export interface WorkerOptions {
  readonly kubeconfig: string;
  /** Hosts and ports on loopback that it may ask. */
  readonly allow: readonly string[];
  /** Flags of `revflow run` besides. */
  readonly flags?: readonly string[];
  /** Folder for a CPU profile, written when it stops. */
  readonly profile?: string | undefined;
}

export interface Worker extends AsyncDisposable {
  readonly pid: number;
  /** From the start of the process to when every source was handed to the workers, milliseconds. */
  readonly readyMs: number;
  cpuSeconds(): number;
  rssMb(): number;
  /** SIGTERM, and waits. */
  stop(): Promise<void>;
}

/** Starts one and waits until it leads and every source is being polled. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { kubeconfig, allow, flags = [], profile } = options;
  const begun = performance.now();
  const args = [
    // As in deploy/Dockerfile.
    '--max-semi-space-size=16',
    ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
    join(root, 'bin/revflow.js'),
    'run',
    `--kubeconfig=${kubeconfig}`,
    '--namespace=default',
    '--health-address=127.0.0.1:0',
    `--egress-allow=${allow.join(',')}`,
    ...flags,
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  await untilSaid(child, 'every source is watched');
  const pid = child.pid ?? 0;
  const stop = () => end(child, 'SIGTERM');
  return {
    pid,
    readyMs: performance.now() - begun,
    cpuSeconds: () => cpuSecondsOf(pid),
    rssMb: () => rssMbOf(pid),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function untilSaid(child: ChildProcess, message: string): Promise<void> {
  return new Promise((done, fail) => {
    const last: string[] = [];
    child.on('exit', code => fail(new Error(`revflow run ended with ${code}: ${last.join('\n')}`)));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', line => {
      if (line.includes('"level":"error"') || line.includes('"level":"warn"')) process.stderr.write(`${line}\n`);
      if (last.push(line) > 5) last.shift();
      if (line.includes(`"${message}"`)) done();
    });
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
