// Reads protobuf messages, as far as a description of their fields goes; what it does not name is skipped.
import { asText, type Json } from '../object.ts';

export type FieldType = 'text' | 'integer' | 'truth' | 'bytes' | 'time' | Message | MapOf | ListOf;

interface MapOf {
  readonly map: 'text' | 'bytes';
}

interface ListOf {
  readonly list: 'text' | Message;
}

/** Field numbers with their names in JSON. */
export interface Message {
  readonly fields: Readonly<Record<number, readonly [name: string, type: FieldType]>>;
}

/** The message as JSON. Throws RangeError for bytes that are no message. */
export function readMessage(bytes: Uint8Array, message: Message): Json {
  const object: Json = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const field = message.fields[number];
    if (field) put(object, field, value);
  }
  return object;
}

/** A field's bytes, or its number. */
export type Wire = Uint8Array | bigint;

/** The fields of a message in the order in which they were written. */
export function* fieldsOf(bytes: Uint8Array): Generator<{ readonly number: number; readonly value: Wire }> {
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint());
    yield { number: tag >>> 3, value: reader.value(tag & 7) };
  }
}

function put(object: Json, [name, type]: readonly [string, FieldType], value: Wire): void {
  if (typeof type === 'object' && 'map' in type) {
    const entry = readMessage(bytesOf(value), { fields: { 1: ['key', 'text'], 2: ['value', type.map] } });
    object[name] = { ...(object[name] as Json | undefined), [asText(entry['key'])]: entry['value'] ?? '' };
  } else if (typeof type === 'object' && 'list' in type) {
    object[name] = [...((object[name] as unknown[] | undefined) ?? []), single(type.list, value)];
  } else {
    object[name] = single(type, value);
  }
}

function single(type: Exclude<FieldType, MapOf | ListOf>, value: Wire): unknown {
  switch (type) {
    case 'text':
      return Buffer.from(bytesOf(value)).toString('utf8');
    case 'bytes':
      return Buffer.from(bytesOf(value)).toString('base64');
    case 'integer':
      return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
    case 'truth':
      return value === 1n;
    case 'time': {
      const time = readMessage(bytesOf(value), { fields: { 1: ['seconds', 'integer'] } });
      return new Date(Number(time['seconds'] ?? 0) * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
    }
    default:
      return readMessage(bytesOf(value), type);
  }
}

function bytesOf(value: Wire): Uint8Array {
  if (typeof value === 'bigint') throw new RangeError('a number stands where bytes should');
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) break;
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number has no end');
  }

  value(wireType: number): Wire {
    if (wireType === 0) return this.varint();
    const lengths: Readonly<Record<number, () => number>> = { 1: () => 8, 2: () => Number(this.varint()), 5: () => 4 };
    const length = lengths[wireType]?.();
    if (length === undefined || this.#at + length > this.#bytes.length) throw new RangeError('a field is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
