// Processes of the benchmark that answer questions of the process that started them, and what the kernel says of any process.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Servant extends AsyncDisposable {
  readonly pid: number;
  /** Asks by name; rejects with the message of what the other side threw. */
  ask<T>(name: string, argument?: unknown): Promise<T>;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Starts a file of this folder as a process. `told` takes what it says unasked. */
export async function startServant(
  file: string,
  options: { readonly flags?: readonly string[]; readonly told?: (message: object) => void } = {},
): Promise<Servant> {
  const execArgv = ['--no-warnings', ...(options.flags ?? [])];
  const child = fork(join(import.meta.dirname, file), { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  child.on('message', (message: object) => {
    if (!('id' in message)) return options.told?.(message);
    const reply = message as Reply;
    const question = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.error === undefined) question?.resolve(reply.value);
    else question?.reject(new Error(`${file}: ${reply.error}`));
  });
  child.on('exit', code => {
    for (const question of waiting.values()) question.reject(new Error(`${file} ended with ${code}`));
  });
  const ask = <T>(name: string, argument?: unknown): Promise<T> => {
    asked += 1;
    const question = Promise.withResolvers<unknown>();
    waiting.set(asked, question);
    child.send({ id: asked, name, argument });
    return question.promise as Promise<T>;
  };
  await ask('hello');
  return { pid: child.pid ?? 0, ask, [Symbol.asyncDispose]: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** In a servant: answers its parent from now on, and ends with it. */
export function answerParent(answers: Readonly<Record<string, (argument: unknown) => unknown>>): void {
  process.on('disconnect', () => process.exit());
  process.on('message', ({ id, name, argument }: Question) => {
    const answer = async () => (name === 'hello' ? true : answers[name]?.(argument));
    answer().then(
      value => process.send?.({ id, value }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
}

/** In a servant: says something unasked. */
export function tellParent(message: object): void {
  process.send?.(message);
}

/** Milliseconds since the epoch, finer than a millisecond; the same clock in all processes. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Ticks of the kernel in a second, as /proc counts them. */
const ticks = 100;

/** Seconds of CPU that a process has used, all its threads together. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** Resident memory of a process, MB. */
export function rssMbOf(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) / 1024;
}
