import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackError } from './delta.ts';
import { readPack } from './pack.ts';
import { entriesOf, rootOf } from './trees.ts';

interface Entry {
  readonly kind: number;
  /** Bytes between the header and the data: the base of a delta. */
  readonly base?: Buffer;
  readonly data: Buffer;
  /** The length that is written, where it is not that of the data. */
  readonly size?: number;
}

/** A number as packs write lengths: 7 bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

function header(kind: number, size: number): Buffer {
  const first = (kind << 4) | (size & 15);
  const rest = Math.floor(size / 16);
  return rest === 0 ? Buffer.from([first]) : Buffer.concat([Buffer.from([first | 0x80]), varint(rest)]);
}

function bytesOf({ kind, base = Buffer.alloc(0), data, size = data.length }: Entry): Buffer {
  return Buffer.concat([header(kind, size), base, deflateSync(data)]);
}

function packed(entries: readonly Buffer[]): Buffer {
  const head = Buffer.from('PACK\0\0\0\u0002\0\0\0\0', 'latin1');
  head.writeUInt32BE(entries.length, 8);
  const body = Buffer.concat([head, ...entries]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

const pack = (...entries: readonly Entry[]) => packed(entries.map(bytesOf));
const idOf = (type: string, data: Buffer) =>
  createHash('sha1').update(`${type} ${data.length}\0`).update(data).digest('hex');

const treeOf = (...names: readonly string[]) =>
  Buffer.concat(names.map(name => Buffer.concat([Buffer.from(`40000 ${name}\0`), Buffer.alloc(20, name)])));
const tree = treeOf('apps', 'lib');
const commit = Buffer.from(`tree ${idOf('tree', tree)}\nauthor a <a@b> 1 +0000\n\nwords\n`);
const blob = Buffer.from('a file\n'.repeat(100));

/** Copies all of the base, then adds. */
function appending(base: Buffer, more: Buffer): Buffer {
  const copy = Buffer.from([0b1011_0000, base.length & 255, base.length >> 8]);
  return Buffer.concat([
    varint(base.length),
    varint(base.length + more.length),
    copy,
    Buffer.from([more.length]),
    more,
  ]);
}

const more = treeOf('web');
const grown = Buffer.concat([tree, more]);
const byId = (base: Buffer) => Buffer.from(idOf('tree', base), 'hex');

describe('a pack', () => {
  it('gives its commits and trees by their ids, and passes over files and tags', () => {
    const objects = readPack(
      pack({ kind: 1, data: commit }, { kind: 2, data: tree }, { kind: 3, data: blob }, { kind: 4, data: blob }),
      'sha1',
    );
    if (objects === 'too large') throw new Error('it is small');
    expect([...objects.keys()]).toEqual([idOf('commit', commit), idOf('tree', tree)]);
    expect(rootOf(objects.get(idOf('commit', commit))?.content ?? Buffer.alloc(0))).toBe(idOf('tree', tree));
    const entries = entriesOf(objects.get(idOf('tree', tree))?.content ?? Buffer.alloc(0), 20);
    expect([...entries.keys()]).toEqual(['apps', 'lib']);
    expect(entries.get('lib')?.mode).toBe('040000');
  });

  it('may hold trees as differences, from a place before and from an id that comes later', () => {
    const first = bytesOf({ kind: 2, data: tree });
    const distance = Buffer.from([first.length]);
    expect(first.length).toBeLessThan(128);
    const near = readPack(packed([first, bytesOf({ kind: 6, base: distance, data: appending(tree, more) })]), 'sha1');
    const far = readPack(
      pack(
        { kind: 7, base: byId(grown), data: appending(grown, more) },
        { kind: 7, base: byId(tree), data: appending(tree, more) },
        { kind: 2, data: tree },
      ),
      'sha1',
    );
    if (near === 'too large' || far === 'too large') throw new Error('they are small');
    expect(near.has(idOf('tree', grown))).toBe(true);
    expect(far.has(idOf('tree', Buffer.concat([grown, more])))).toBe(true);
  });

  it('may hold differences of differences without end, the last one first', () => {
    const contents = Array.from({ length: 12_000 }, (_, at) => treeOf(`f${at}`));
    const instead = (base: Buffer, data: Buffer) =>
      Buffer.concat([varint(base.length), varint(data.length), Buffer.from([data.length]), data]);
    const chain = contents.map((data, at): Entry => {
      const base = contents[at - 1];
      return base === undefined ? { kind: 2, data } : { kind: 7, base: byId(base), data: instead(base, data) };
    });
    const objects = readPack(pack(...chain.toReversed()), 'sha1');
    if (objects === 'too large') throw new Error('it is small');
    expect(objects.size).toBe(contents.length);
  });

  it('is too large where differences, unpacked, are more than it may unpack to', () => {
    const zeros = Buffer.alloc(16 * 1024 * 1024);
    const copy = Buffer.from([0b1111_0000, 0, 0, 0x80]);
    const length = varint(zeros.length);
    const again: Entry = { kind: 7, base: byId(zeros), data: Buffer.concat([length, length, copy, copy]) };
    const bytes = bytesOf(again);
    // Each is the same one: what it takes to go through all of them would be minutes.
    const waiting = Array.from({ length: 20_000 }, () => bytes);
    expect(readPack(packed([...waiting, bytesOf({ kind: 2, data: zeros })]), 'sha1')).toBe('too large');
  });

  it('may hold differences of differences that never come, as many as it may have objects', () => {
    const bytes = bytesOf({ kind: 7, base: Buffer.alloc(20, 7), data: appending(tree, more) });
    expect(readPack(packed(Array.from({ length: 50_000 }, () => bytes)), 'sha1')).toEqual(new Map());
  });

  it('may hold differences of files, which nobody misses', () => {
    const base = Buffer.from(idOf('blob', blob), 'hex');
    const objects = readPack(pack({ kind: 3, data: blob }, { kind: 7, base, data: appending(blob, more) }), 'sha1');
    expect(objects).toEqual(new Map());
  });

  it.for([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('<html>'.repeat(20))],
    ['one cut off', pack({ kind: 2, data: tree }).subarray(0, -3)],
    ['one with another sum', Buffer.concat([pack({ kind: 2, data: tree }).subarray(0, -1), Buffer.from([1])])],
    ['an object of another length', pack({ kind: 2, data: tree, size: tree.length - 1 })],
    ['an object that claims to be huge', pack({ kind: 2, data: tree, size: 2 ** 35 })],
    ['an object of no type', pack({ kind: 5, data: tree })],
    [
      'a difference of a tree of another length',
      pack({ kind: 2, data: tree }, { kind: 7, base: byId(tree), data: appending(grown, more) }),
    ],
    ['something after its end', packed([Buffer.concat([bytesOf({ kind: 2, data: tree }), Buffer.from('x')])])],
  ] as const)('is refused when it is %s', ([, bytes]) => {
    expect(() => readPack(bytes, 'sha1')).toThrow(PackError);
  });

  it('is too large, and not unpacked, with more than it may unpack to', () => {
    const zeros = Buffer.alloc(40 * 1024 * 1024);
    expect(readPack(pack({ kind: 3, data: zeros }, { kind: 3, data: zeros }), 'sha1')).toBe('too large');
    const many = pack({ kind: 2, data: tree });
    many.writeUInt32BE(200_000, 8);
    const counted = Buffer.concat([many.subarray(0, -20), createHash('sha1').update(many.subarray(0, -20)).digest()]);
    expect(readPack(counted, 'sha1')).toBe('too large');
  });

  it('that is damaged anywhere is refused, and never anything worse', () => {
    const good = [
      bytesOf({ kind: 2, data: tree }),
      bytesOf({ kind: 7, base: byId(tree), data: appending(tree, more) }),
    ];
    fc.assert(
      fc.property(
        fc.nat(good[0]?.length ?? 0),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, change, isFirst) => {
          const entries = good.map(entry => Buffer.from(entry));
          const entry = entries[isFirst ? 0 : 1] ?? Buffer.alloc(1);
          const place = at % entry.length;
          entry[place] = (entry[place] ?? 0) ^ change;
          try {
            const objects = readPack(packed(entries), 'sha1');
            if (objects !== 'too large')
              for (const [id, { type, content }] of objects) expect(idOf(type, content)).toBe(id);
          } catch (error) {
            expect(error).toBeInstanceOf(PackError);
          }
        },
      ),
    );
  });
});

describe('a tree or commit that is none', () => {
  it('is refused', () => {
    expect(() => entriesOf(tree.subarray(0, -1), 20)).toThrow(PackError);
    expect(() => entriesOf(Buffer.from('no tree'), 20)).toThrow(PackError);
    expect(() => rootOf(Buffer.from('parent x\n'))).toThrow(PackError);
    expect(() => entriesOf(tree, 20, 1)).toThrow(PackError);
  });
});
