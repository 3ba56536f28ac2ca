// The question for a commit with its trees, and its answer: a shallow fetch of one commit, in protocol v2 or v0.
import { delimiterPacket, flushPacket, PacketError, packet, readPackets, textOf } from './pkt-line.ts';
import { type ObjectFormat, refused } from './refs.ts';

interface FetchQuestion {
  /** Commits, or trees. */
  readonly ids: readonly string[];
  /** How much is left out; undefined: nothing, for servers that know no filters. */
  readonly filter: string | undefined;
  readonly format: ObjectFormat;
}

/** The server does not have the commit (any more, or not everywhere yet). */
export const gone = Symbol('gone');

/** The body of a protocol v2 `fetch` without any history. */
export function fetchBody({ ids, filter, format }: FetchQuestion): Uint8Array {
  return Buffer.concat([
    packet('command=fetch\n'),
    packet('agent=revflow\n'),
    packet(`object-format=${format}\n`),
    delimiterPacket,
    packet('no-progress\n'),
    ...ids.map(id => packet(`want ${id}\n`)),
    packet('deepen 1\n'),
    ...filterLine(filter),
    packet('done\n'),
    flushPacket,
  ]);
}

/** The same for a server without protocol v2. */
export function oldFetchBody({ ids, filter }: FetchQuestion): Uint8Array {
  const abilities = ` side-band-64k shallow no-progress${filter === undefined ? '' : ' filter'} agent=revflow`;
  return Buffer.concat([
    ...ids.map((id, at) => packet(`want ${id}${at === 0 ? abilities : ''}\n`)),
    packet('deepen 1\n'),
    ...filterLine(filter),
    flushPacket,
    packet('done\n'),
  ]);
}

function filterLine(filter: string | undefined): readonly Buffer[] {
  return filter === undefined ? [] : [packet(`filter ${filter}\n`)];
}

/**
 * The pack of an answer, in either protocol. `refused` for an answer that says nothing, or that the server does not understand the
 * question. Throws a PacketError for what is cut off or something else.
 */
export function packOf(body: Uint8Array): Buffer | typeof refused | typeof gone {
  if (body.length === 0) return refused;
  const parts: Buffer[] = [];
  let isPack = false;
  let ended = false;
  for (const line of readPackets(body)) {
    if (line === 'delimiter' || line === 'flush') {
      ended = isPack;
      continue;
    }
    if (ended) throw new PacketError('there is something after the end');
    const text: string = isPack ? '' : textOf(line);
    if (text.startsWith('ERR ')) return meaningOf(text);
    // What comes before is about history, of which none was asked for.
    if (!isPack) isPack = text === 'packfile' || text === 'NAK';
    else if (line[0] === 1) parts.push(Buffer.from(line.buffer, line.byteOffset + 1, line.length - 1));
    else if (line[0] === 3) return meaningOf(Buffer.from(line).toString('latin1', 1));
    else if (line[0] !== 2) throw new PacketError('a packet is on no known band');
  }
  if (!ended) throw new PacketError('the end of the pack is missing');
  return Buffer.concat(parts);
}

function meaningOf(error: string): typeof refused | typeof gone {
  return /not our ref|no such|missing|not found|bad object|unadvertised/i.test(error) ? gone : refused;
}
