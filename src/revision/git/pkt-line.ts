// Git's packet lines: four hex digits of length, then that many bytes less four; lengths 0 to 2 are signs of their own.

/** `flush` ends a message, `delimiter` a part of it. */
export type Packet = Uint8Array | 'flush' | 'delimiter';

/** The bytes are no packet lines: cut off, or something else altogether. The message says where, and quotes nothing. */
export class PacketError extends Error {
  override readonly name = 'PacketError';
}

const largestPacket = 65_520;
const signs = new Map<number, Packet>([
  [0, 'flush'],
  [1, 'delimiter'],
]);

/** Text as one packet. Longer than 65,516 bytes it cannot be. */
export function packet(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = bytes.length + 4;
  if (length > largestPacket) throw new RangeError(`a packet of ${length} bytes is longer than Git allows`);
  return Buffer.concat([Buffer.from(length.toString(16).padStart(4, '0')), bytes]);
}

export const flushPacket = Buffer.from('0000');
export const delimiterPacket = Buffer.from('0001');

/** Reads packets one by one; throws a PacketError at the first that is none. The arrays are views into `bytes`. */
export function* readPackets(bytes: Uint8Array): Generator<Packet, void> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < buffer.length) {
    const length = lengthAt(buffer, at);
    const sign = signs.get(length);
    if (sign !== undefined) {
      at += 4;
      yield sign;
      continue;
    }
    if (length < 5 || length > largestPacket) throw new PacketError(`a packet of impossible length at byte ${at}`);
    if (at + length > buffer.length) throw new PacketError(`cut off within the packet at byte ${at}`);
    yield buffer.subarray(at + 4, at + length);
    at += length;
  }
}

/** The packet's text, without the newline that senders may add. */
export function textOf(line: Uint8Array): string {
  const end = line.at(-1) === 0x0a ? line.length - 1 : line.length;
  return Buffer.from(line.buffer, line.byteOffset, end).toString('utf8');
}

function lengthAt(buffer: Buffer, at: number): number {
  const digits = buffer.toString('latin1', at, at + 4);
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new PacketError(`no packet begins at byte ${at}`);
  return Number.parseInt(digits, 16);
}
