import { describe, expect, it } from 'vitest';
import { withProgress } from './progress.ts';
import type { Terminal } from './verb.ts';

/** Only its error stream is written to. */
function terminal(isTTY: boolean) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const written: string[] = [];
  const err = {
    isTTY,
    write(text: string) {
      written.push(text);
      resolve();
      return true;
    },
  };
  const out = { write: () => false };
  const rest = { env: {}, input: (async function* () {})(), signal: new AbortController().signal };
  const whole: Terminal = { ...rest, out, err };
  return { whole, written, said: promise };
}

describe('progress', () => {
  it('is told when something takes long, and goes again on a terminal', async () => {
    const { whole, written, said } = terminal(true);
    await withProgress(whole, 'asking', () => said);
    expect(written).toEqual(['asking ...', '\r\u001b[K']);
  });

  it('is one whole line where no terminal is', async () => {
    const { whole, written, said } = terminal(false);
    await withProgress(whole, 'asking', () => said);
    expect(written).toEqual(['asking ...\n']);
  });

  it('is not told of what is quick', async () => {
    const { whole, written } = terminal(true);
    expect(await withProgress(whole, 'asking', async () => 7)).toBe(7);
    expect(written).toEqual([]);
  });
});
