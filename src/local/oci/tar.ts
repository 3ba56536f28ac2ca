// Tar archives: written the same for the same content, and read without trusting a word of them.
import { TerminalError } from '../../platform/errors.ts';

export interface TarEntry {
  /** Relative, with `/`, without leading or trailing slash. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink';
  readonly executable: boolean;
  /** Of a link: what it points at, as written. */
  readonly target?: string;
  readonly content: Uint8Array;
}

const block = 512;
const typeFlags = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;
const kinds: Readonly<Record<string, TarEntry['kind']>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
};
const mostEntries = 200_000;

/** The archive of these entries, in their order: owner 0, time 0, modes 755 and 644. */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(entry => {
    const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
    const long = Buffer.byteLength(path) > 100 || Buffer.byteLength(entry.target ?? '') > 100;
    const pax = long
      ? paxRecords({ path, ...(entry.target === undefined ? {} : { linkpath: entry.target }) })
      : undefined;
    return [
      ...(pax ? [header({ path: 'PaxHeader', flag: 'x', size: pax.length, executable: false }), padded(pax)] : []),
      header({
        path,
        flag: typeFlags[entry.kind],
        size: entry.content.length,
        executable: entry.executable || entry.kind === 'directory',
        ...(entry.target === undefined ? {} : { target: entry.target }),
      }),
      padded(entry.content),
    ];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

interface Header {
  readonly path: string;
  readonly flag: string;
  readonly size: number;
  readonly executable: boolean;
  readonly target?: string;
}

function header({ path, flag, size, executable, target = '' }: Header): Buffer {
  const bytes = Buffer.alloc(block);
  bytes.write(path, 0, 100);
  bytes.write(executable ? '0000755\0' : '0000644\0', 100);
  bytes.write('0000000\0', 108);
  bytes.write('0000000\0', 116);
  bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  bytes.write('00000000000\0', 136);
  bytes.write(' '.repeat(8), 148);
  bytes.write(flag, 156);
  bytes.write(target, 157, 100);
  bytes.write('ustar\x0000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

function padded(content: Uint8Array): Buffer {
  return Buffer.concat([content, Buffer.alloc((block - (content.length % block)) % block)]);
}

/** Each record begins with its own length, the digits of that length included. */
function paxRecords(values: Readonly<Record<string, string>>): Buffer {
  const records = Object.entries(values).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest + String(rest).length;
    if (rest + String(length).length !== length) length = rest + String(length).length;
    return `${length} ${key}=${value}\n`;
  });
  return Buffer.from(records.join(''));
}

/**
 * The entries of an archive, in order; devices and other odd kinds are left out. Throws TerminalError UnsafeArchive for paths that leave
 * the root and for archives that are cut off or malformed.
 */
export function readTar(archive: Uint8Array): readonly TarEntry[] {
  const reader = new TarReader(Buffer.from(archive.buffer, archive.byteOffset, archive.length));
  const entries: TarEntry[] = [];
  for (let entry = reader.next(); entry !== 'end'; entry = reader.next()) {
    if (entry) entries.push(entry);
    if (entries.length > mostEntries) throw unsafe(`it has more than ${mostEntries} entries`);
  }
  return entries;
}

class TarReader {
  private readonly archive: Buffer;
  private at = 0;
  /** What a header before the entry said of it: names too long for the entry's own. */
  private said: Record<string, string> = {};

  constructor(archive: Buffer) {
    this.archive = archive;
  }

  /** The next entry; undefined for a header that says something of the next, or of an odd kind. */
  next(): TarEntry | undefined | 'end' {
    const head = this.archive.subarray(this.at, this.at + block);
    if (head.length === 0 || (head.length === block && head.every(byte => byte === 0))) return 'end';
    if (head.length < block || checksum(head) !== octal(head, 148, 8)) throw unsafe('it is cut off or malformed');
    const flag = head.toString('latin1', 156, 157);
    const paxSize = 'xgLK'.includes(flag) ? undefined : this.said['size'];
    const size = paxSize === undefined ? octal(head, 124, 12) : Number(paxSize);
    const start = this.at + block;
    if (!Number.isSafeInteger(size) || size < 0 || start + size > this.archive.length) throw unsafe('it is cut off');
    const content = this.archive.subarray(start, start + size);
    this.at = start + Math.ceil(size / block) * block;
    if ('xgLK'.includes(flag)) {
      this.note(flag, content);
      return undefined;
    }
    const entry = this.entry(head, flag, content);
    this.said = {};
    return entry;
  }

  private note(flag: string, content: Buffer): void {
    if (flag === 'L') this.said['path'] = text(content, 0, content.length);
    if (flag === 'K') this.said['linkpath'] = text(content, 0, content.length);
    if (flag === 'x') Object.assign(this.said, readPax(content));
  }

  private entry(head: Buffer, flag: string, content: Buffer): TarEntry | undefined {
    const kind = kinds[flag];
    if (kind === undefined) return undefined;
    const isUstar = head.toString('latin1', 257, 263) === 'ustar\0';
    const prefix = isUstar ? text(head, 345, 155) : '';
    const written = this.said['path'] ?? (prefix === '' ? text(head, 0, 100) : `${prefix}/${text(head, 0, 100)}`);
    const path = insidePath(written);
    if (path === '') return undefined;
    const target =
      kind === 'symlink' || kind === 'hardlink' ? (this.said['linkpath'] ?? text(head, 157, 100)) : undefined;
    return {
      path,
      kind: kind === 'file' && written.endsWith('/') ? 'directory' : kind,
      executable: (octal(head, 100, 8) & 0o100) !== 0,
      content: kind === 'file' ? content : new Uint8Array(),
      ...(target === undefined ? {} : { target: kind === 'hardlink' ? insidePath(target) : target }),
    };
  }
}

/** A path below the root, without `.` and empty parts. Throws where it has `..` or a NUL. */
function insidePath(written: string): string {
  const parts = written.split('/').filter(part => part !== '' && part !== '.');
  if (parts.includes('..') || written.includes('\0')) throw unsafe('a path in it leaves the root');
  return parts.join('/');
}

function readPax(content: Buffer): Record<string, string> {
  const values: Record<string, string> = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, space));
    if (space === -1 || !Number.isSafeInteger(length) || length <= space - at) throw unsafe('it is malformed');
    const record = content.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    values[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return values;
}

function text(bytes: Buffer, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

function octal(bytes: Buffer, start: number, length: number): number {
  // Numbers too large for octal digits are written in base 256, marked by the first bit.
  if (((bytes[start] ?? 0) & 0x80) !== 0) return bytes.readUIntBE(start + length - 6, 6);
  const digits = bytes
    .toString('latin1', start, start + length)
    .replaceAll('\0', ' ')
    .trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function checksum(head: Buffer): number {
  return head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function unsafe(what: string): TerminalError {
  return new TerminalError('UnsafeArchive', `a layer of the image was refused: ${what}`);
}
