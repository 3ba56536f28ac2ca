// Git's deltas: an object told as pieces of another one and new bytes, and the numbers that packs are written with.

/** The bytes are no pack. The message is a sentence that quotes nothing. */
export class PackError extends Error {
  override readonly name = 'PackError';
}

interface ReadNumber {
  readonly value: number;
  /** The byte after it. */
  readonly next: number;
}

/** Numbers beyond it are none that a pack needs. */
const largest = 2 ** 40;
/** A few bytes of a delta can ask for any length. */
const largestObject = 64 * 1024 * 1024;

/** A number in groups of 7 bits, the lowest first; the first byte holds only so many `bits` of it. */
export function readVarint(
  bytes: Uint8Array,
  { at, bits }: { readonly at: number; readonly bits: number },
): ReadNumber {
  let byte = byteAt(bytes, at);
  let value = byte & ((1 << bits) - 1);
  let scale = 2 ** bits;
  let next = at + 1;
  while (byte & 0x80) {
    byte = byteAt(bytes, next);
    next += 1;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (value > largest) throw new PackError('a length is impossible');
  }
  return { value, next };
}

/** How far before a delta its base begins: groups of 7 bits, the highest first, each continued one counting one more. */
export function baseDistance(bytes: Uint8Array, at: number): ReadNumber {
  let byte = byteAt(bytes, at);
  let value = byte & 0x7f;
  let next = at + 1;
  while (byte & 0x80) {
    byte = byteAt(bytes, next);
    next += 1;
    value = (value + 1) * 128 + (byte & 0x7f);
    if (value > largest) throw new PackError('a base lies nowhere');
  }
  return { value, next };
}

/** The object that a delta makes of its base; a PackError where both do not fit. */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  const from = readVarint(delta, { at: 0, bits: 7 });
  const to = readVarint(delta, { at: from.next, bits: 7 });
  if (from.value !== base.length) throw new PackError('a delta is for another base');
  if (to.value > largestObject) throw new PackError('a delta makes an object that is too large');
  const made = Buffer.alloc(to.value);
  let length = 0;
  for (let at = to.next; at < delta.length; ) {
    const { from: bytes, offset, size, next } = readPiece(base, delta, at);
    if (length + size > to.value) throw new PackError('a delta makes another length than it says');
    // Millions of pieces fit into a small pack, so nothing is kept of them.
    bytes.copy(made, length, offset, offset + size);
    length += size;
    at = next;
  }
  if (length !== to.value) throw new PackError('a delta makes another length than it says');
  return made;
}

interface Piece {
  readonly from: Buffer;
  readonly offset: number;
  readonly size: number;
  /** The byte of the delta after it. */
  readonly next: number;
}

function readPiece(base: Buffer, delta: Buffer, at: number): Piece {
  const command = byteAt(delta, at);
  if (command === 0) throw new PackError('a delta has a command that means nothing');
  if ((command & 0x80) === 0) {
    const next = at + 1 + command;
    if (next > delta.length) throw new PackError('a delta is cut off');
    return { from: delta, offset: at + 1, size: command, next };
  }
  let next = at + 1;
  const read = (mask: number, shift: number) => {
    if ((command & mask) === 0) return 0;
    const byte = byteAt(delta, next);
    next += 1;
    return byte * 2 ** shift;
  };
  const offset = read(1, 0) + read(2, 8) + read(4, 16) + read(8, 24);
  const size = read(16, 0) + read(32, 8) + read(64, 16) || 0x10000;
  if (offset + size > base.length) throw new PackError('a delta copies what its base does not have');
  return { from: base, offset, size, next };
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new PackError('it is cut off');
  return byte;
}
