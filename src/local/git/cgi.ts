// The head of a CGI program's answer.
import type { Readable } from 'node:stream';

export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What was read of the body already. */
  readonly rest: Buffer;
}

const longestHead = 64 * 1024;

/** Reads up to the empty line; the stream stays where the body goes on. A program that said nothing, or no end of it, is a 500. */
export async function readHead(output: Readable): Promise<Head> {
  let read = Buffer.alloc(0);
  while (read.length < longestHead) {
    const chunk: Buffer | undefined = await nextChunk(output);
    if (chunk === undefined) break;
    read = Buffer.concat([read, chunk]);
    const end = /\r?\n\r?\n/.exec(read.toString('latin1'));
    if (end) return parseHead(read.toString('latin1', 0, end.index), read.subarray(end.index + end[0].length));
  }
  return { status: 500, headers: {}, rest: Buffer.alloc(0) };
}

async function nextChunk(output: Readable): Promise<Buffer | undefined> {
  for (;;) {
    const chunk: Buffer | null = output.read();
    if (chunk !== null) return chunk;
    if (output.readableEnded || output.destroyed) return undefined;
    await new Promise<void>(resolve => {
      const done = () => {
        for (const name of ['readable', 'end', 'close', 'error']) output.off(name, done);
        resolve();
      };
      for (const name of ['readable', 'end', 'close', 'error']) output.on(name, done);
    });
  }
}

function parseHead(head: string, rest: Buffer): Head {
  const headers: Record<string, string> = {};
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  const { status, ...others } = headers;
  return { status: Number(status?.slice(0, 3) ?? 200) || 500, headers: others, rest };
}
