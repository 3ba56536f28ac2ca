// Reads a pack as Git sends it: the commits and trees in it, by id. Everything is checked: a pack that does not fit is none.
import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { applyDelta, baseDistance, PackError, readVarint } from './delta.ts';
import { idLengths, type ObjectFormat } from './refs.ts';

export interface PackedObject {
  readonly type: 'commit' | 'tree';
  readonly content: Buffer;
}

/** More than this, unpacked, is no answer to a question about a few folders. */
const mostObjects = 50_000;
const mostBytes = 64 * 1024 * 1024;

const types = new Map<number, PackedObject['type'] | 'other'>([
  [1, 'commit'],
  [2, 'tree'],
  [3, 'other'],
  [4, 'other'],
]);
const offsetDelta = 6;
const idDelta = 7;

interface Delta {
  readonly at: number;
  /** Where the base begins in the pack, or its id. */
  readonly base: number | string;
  readonly data: Buffer;
}

interface Whole {
  readonly at: number;
  readonly object: PackedObject;
}

interface Unmade {
  readonly delta: Delta;
  readonly base: PackedObject;
}

type Made = Whole | Unmade;

/**
 * The commits and trees of a pack by their ids; blobs are passed over. A PackError for what is no pack, is cut off or damaged;
 * `too large` where it unpacks to more than some MiB.
 */
export function readPack(bytes: Buffer, format: ObjectFormat): ReadonlyMap<string, PackedObject> | 'too large' {
  const reader = new PackReader(bytes, format);
  return reader.read();
}

class PackReader {
  private readonly bytes: Buffer;
  private readonly format: ObjectFormat;
  private readonly objects = new Map<string, PackedObject>();
  /** What stands whole in the pack or was made whole, by where it begins; blobs and tags without content. */
  private readonly whole = new Map<number, PackedObject>();
  private readonly waiting = new Map<number | string, Delta[]>();
  private at = 12;
  private unpacked = 0;

  constructor(bytes: Buffer, format: ObjectFormat) {
    this.bytes = bytes;
    this.format = format;
  }

  read(): ReadonlyMap<string, PackedObject> | 'too large' {
    const { bytes } = this;
    const end = bytes.length - idLengths[this.format];
    if (end < 12 || bytes.toString('latin1', 0, 4) !== 'PACK') throw new PackError('it does not begin like one');
    const version = bytes.readUInt32BE(4);
    if (version !== 2 && version !== 3) throw new PackError('its version is not known');
    const sum = createHash(this.format).update(bytes.subarray(0, end)).digest();
    if (!sum.equals(bytes.subarray(end))) throw new PackError('its sum is wrong');
    const count = bytes.readUInt32BE(8);
    if (count > mostObjects) return 'too large';
    for (let object = 0; object < count; object += 1) {
      this.readEntry(end);
      if (this.unpacked > mostBytes) return 'too large';
    }
    if (this.at !== end) throw new PackError('there is something after its end');
    return this.objects;
  }

  private readEntry(end: number): void {
    const begin = this.at;
    const first = this.bytes[this.at] ?? 0;
    const size = readVarint(this.bytes, { at: this.at, bits: 4 });
    this.at = size.next;
    const kind = (first >> 4) & 7;
    const base = this.readBase(kind, begin);
    const data = this.inflate(size.value, end);
    if (base !== undefined) return this.addDelta({ at: begin, base, data });
    const type = types.get(kind);
    if (type === undefined) throw new PackError('an object is of no known type');
    if (type !== 'other') this.add(begin, { type, content: data });
  }

  private readBase(kind: number, begin: number): number | string | undefined {
    if (kind === offsetDelta) {
      const distance = baseDistance(this.bytes, this.at);
      this.at = distance.next;
      return begin - distance.value;
    }
    if (kind !== idDelta) return undefined;
    const next = this.at + idLengths[this.format];
    const id = this.bytes.toString('hex', this.at, next);
    this.at = next;
    return id;
  }

  /** Where a compressed object ends, only its decompression tells. */
  private inflate(size: number, end: number): Buffer {
    if (size > mostBytes) throw new PackError('an object is too large');
    this.unpacked += size;
    const options = { info: true, maxOutputLength: size + 1, chunkSize: Math.max(64, Math.min(size + 1, 65_536)) };
    let made: { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
    try {
      made = inflateSync(this.bytes.subarray(this.at, end), options) as unknown as typeof made;
    } catch {
      throw new PackError('an object cannot be unpacked');
    }
    if (made.buffer.length !== size) throw new PackError('an object is not as long as it says');
    this.at += made.engine.bytesWritten;
    return made.buffer;
  }

  /** With all that waited for it: one after the other, since chains of deltas may be as long as the pack. */
  private add(at: number, object: PackedObject): void {
    const ready: Made[] = [{ at, object }];
    for (let next = ready.pop(); next !== undefined && this.unpacked <= mostBytes; next = ready.pop()) {
      if ('base' in next) next = this.apply(next);
      if (this.unpacked <= mostBytes) ready.push(...this.keep(next));
    }
  }

  private keep({ at, object }: Whole): readonly Made[] {
    const id = idOf(object, this.format);
    this.whole.set(at, object);
    this.objects.set(id, object);
    return [at, id].flatMap(key => {
      const deltas = this.waiting.get(key) ?? [];
      this.waiting.delete(key);
      return deltas.map(delta => ({ delta, base: object }));
    });
  }

  private apply({ delta, base }: Unmade): Whole {
    const content = applyDelta(base.content, delta.data);
    this.unpacked += content.length;
    return { at: delta.at, object: { type: base.type, content } };
  }

  /** Made whole at once, or when its base is; one whose base is a blob never is, and is not missed. */
  private addDelta(delta: Delta): void {
    const base = typeof delta.base === 'string' ? this.objects.get(delta.base) : this.whole.get(delta.base);
    if (base !== undefined) {
      const { at, object } = this.apply({ delta, base });
      if (this.unpacked <= mostBytes) this.add(at, object);
      return;
    }
    const others = this.waiting.get(delta.base);
    if (others === undefined) this.waiting.set(delta.base, [delta]);
    else others.push(delta);
  }
}

function idOf({ type, content }: PackedObject, format: ObjectFormat): string {
  return createHash(format).update(`${type} ${content.length}\0`).update(content).digest('hex');
}
