// Says what takes long, on the error stream: a line that goes again on a terminal, one that stays elsewhere.
import { systemClock } from '../../platform/clock.ts';
import type { Terminal } from './verb.ts';

const patienceMs = 1_000;

/** Runs the work; when it takes longer than a second, says so. */
export async function withProgress<T>({ err }: Terminal, text: string, work: () => Promise<T>): Promise<T> {
  let told = false;
  const timer = systemClock.after(patienceMs, () => {
    told = true;
    err.write(err.isTTY === true ? `${text} ...` : `${text} ...\n`);
  });
  try {
    return await work();
  } finally {
    timer.cancel();
    if (told && err.isTTY === true) err.write('\r\u001b[K');
  }
}
