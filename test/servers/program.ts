// Our own programs as processes of their own, as a person starts them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Program {
  readonly child: ChildProcess;
  /** What it has printed so far, both streams, line by line. */
  readonly lines: readonly string[];
  /** Resolves with the first line that the pattern matches; rejects when the program ends without one. */
  line(pattern: RegExp): Promise<string>;
  /** Called with each line as it comes. */
  onLine: ((line: string) => void) | undefined;
  /** Resolves with the exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

const root = join(import.meta.dirname, '../..');

/** Starts a file below `src` with arguments. The environment is the test's, without proxies and colours. */
export function startProgram(file: string, args: readonly string[]): Program {
  const { PATH = '', HOME = '/nonexistent' } = process.env;
  const child = spawn(process.execPath, [join(root, 'src', file), ...args], {
    env: { PATH, HOME, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  const take = (line: string) => {
    lines.push(line);
    for (const listener of waiting) listener(line);
    program.onLine?.(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const program: Program = {
    child,
    lines,
    onLine: undefined,
    ended,
    line(pattern) {
      const told = lines.find(line => pattern.test(line));
      if (told !== undefined) return Promise.resolve(told);
      return new Promise((resolve, reject) => {
        const listener = (line: string) => {
          if (!pattern.test(line)) return;
          waiting.delete(listener);
          resolve(line);
        };
        waiting.add(listener);
        void ended.then(code => reject(new Error(`it ended with ${code}, having said:\n${lines.join('\n')}`)));
      });
    },
  };
  return program;
}
