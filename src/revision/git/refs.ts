// Refs as a Git server tells them, in either protocol, and what wants mean among them.
import type { Want } from '../../watch/source.ts';
import type { Head } from '../observation.ts';
import { candidatesOf, defaultBranch, isObjectId } from '../ref.ts';
import { delimiterPacket, flushPacket, PacketError, packet, readPackets, textOf } from './pkt-line.ts';

export interface RemoteRef {
  readonly name: string;
  readonly id: string;
  /** What an annotated tag points at in the end. */
  readonly peeled?: string;
  /** What a symbolic ref points at; of HEAD: the default branch. */
  readonly target?: string;
}

export type ObjectFormat = 'sha1' | 'sha256';

/** Bytes of an id. */
export const idLengths: Readonly<Record<ObjectFormat, number>> = { sha1: 20, sha256: 32 };

/** The server answered in the protocol, with an error or with nothing: it does not understand the question. */
export const refused = Symbol('refused');

/** The body of a protocol v2 `ls-refs` question for these wants. */
export function lsRefsBody(wants: readonly Want[], format: ObjectFormat): Uint8Array {
  const prefixes = new Set(wants.flatMap(candidatesOf));
  return Buffer.concat([
    packet('command=ls-refs\n'),
    packet('agent=revflow\n'),
    packet(`object-format=${format}\n`),
    delimiterPacket,
    packet('peel\n'),
    packet('symrefs\n'),
    ...[...prefixes].map(prefix => packet(`ref-prefix ${prefix}\n`)),
    flushPacket,
  ]);
}

/** Reads the answer to `ls-refs`. Throws a PacketError unless all of it is there and in order. */
export function parseLsRefs(body: Uint8Array): ReadonlyMap<string, RemoteRef> | typeof refused {
  if (body.length === 0) return refused;
  const refs = new Map<string, RemoteRef>();
  let ended = false;
  for (const line of readPackets(body)) {
    if (ended) throw new PacketError('there is something after the end');
    if (line === 'delimiter') throw new PacketError('a delimiter stands among the refs');
    if (line === 'flush') {
      ended = true;
      continue;
    }
    const text = textOf(line);
    if (text.startsWith('ERR ')) return refused;
    const ref = parseRef(text);
    if (ref) refs.set(ref.name, ref);
  }
  if (!ended) throw new PacketError('the end of the list is missing');
  return refs;
}

function parseRef(line: string): RemoteRef | undefined {
  const [id = '', name = '', ...attributes] = line.split(' ');
  // Only servers that are asked for it say so; nobody can build a branch without a commit.
  if (id === 'unborn') return undefined;
  if (!isObjectId(id) || name === '') throw new PacketError('a line is no ref');
  const peeled = valueOf(attributes, 'peeled:');
  if (peeled !== undefined && !isObjectId(peeled)) throw new PacketError('a tag points at no object');
  const target = valueOf(attributes, 'symref-target:');
  return { name, id, ...(peeled === undefined ? {} : { peeled }), ...(target === undefined ? {} : { target }) };
}

function valueOf(attributes: readonly string[], prefix: string): string | undefined {
  return attributes.find(attribute => attribute.startsWith(prefix))?.slice(prefix.length);
}

/** What a want points at; names are compared whole, for servers may send all that begins alike. */
export function headOf(want: Want, refs: ReadonlyMap<string, RemoteRef>): Head {
  for (const candidate of candidatesOf(want)) {
    const ref = refs.get(candidate);
    if (!ref) continue;
    const name = candidate === defaultBranch ? ref.target : candidate;
    return { kind: 'found', id: ref.peeled ?? ref.id, ...(name === undefined ? {} : { ref: name }) };
  }
  return { kind: 'missing' };
}
