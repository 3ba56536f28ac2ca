// The answer to Git's discovery GET: the abilities of a v2 server, or all refs of an older one.
import { isObjectId } from '../ref.ts';
import { PacketError, readPackets, textOf } from './pkt-line.ts';
import { type ObjectFormat, type RemoteRef, refused } from './refs.ts';

export type Advertisement =
  | { readonly version: 2; readonly format: ObjectFormat }
  /** v1 is v0 with a line before it. */
  | { readonly version: 0; readonly refs: ReadonlyMap<string, RemoteRef> };

const peeledMark = '^{}';
/** What an empty repository names instead of a ref. */
const noRefs = `capabilities${peeledMark}`;

/** Reads an advertisement; throws a PacketError unless all of it is there and in order. */
export function parseAdvertisement(body: Uint8Array): Advertisement | typeof refused {
  const lines = sectionOf(body);
  const first = lines[0] === undefined ? '' : textOf(lines[0]);
  if (first.startsWith('ERR ')) return refused;
  if (first === 'version 2') return { version: 2, format: formatOf(lines.slice(1).map(textOf)) };
  return { version: 0, refs: parseRefs(first === 'version 1' ? lines.slice(1) : lines) };
}

/** The lines up to the last flush, without the `# service` part that comes before them. */
function sectionOf(body: Uint8Array): readonly Uint8Array[] {
  let lines: Uint8Array[] = [];
  let isService = false;
  let ended = false;
  for (const line of readPackets(body)) {
    if (ended) throw new PacketError('there is something after the end');
    if (line === 'delimiter') throw new PacketError('a delimiter stands among the refs');
    if (line !== 'flush') {
      isService ||= lines.length === 0 && textOf(line).startsWith('# service=');
      lines.push(line);
      continue;
    }
    ended = !isService;
    if (isService) lines = [];
    isService = false;
  }
  if (!ended) throw new PacketError('the end of the list is missing');
  return lines;
}

function formatOf(capabilities: readonly string[]): ObjectFormat {
  return capabilities.includes('object-format=sha256') ? 'sha256' : 'sha1';
}

function parseRefs(lines: readonly Uint8Array[]): ReadonlyMap<string, RemoteRef> {
  const refs = new Map<string, RemoteRef>();
  const [first, ...rest] = lines.map(textOf);
  if (first === undefined) return refs;
  const [firstRef = '', capabilities = ''] = first.split('\0');
  const symrefs = symrefsOf(capabilities);
  for (const line of [firstRef, ...rest]) {
    if (line.startsWith('shallow ')) continue;
    const space = line.indexOf(' ');
    const name = line.slice(space + 1);
    if (name === noRefs) continue;
    const id = line.slice(0, Math.max(space, 0));
    if (!isObjectId(id) || name === '') throw new PacketError('a line is no ref');
    add(refs, { name, id }, symrefs);
  }
  return refs;
}

function add(refs: Map<string, RemoteRef>, { name, id }: RemoteRef, symrefs: ReadonlyMap<string, string>): void {
  if (!name.endsWith(peeledMark)) {
    const target = symrefs.get(name);
    refs.set(name, { name, id, ...(target === undefined ? {} : { target }) });
    return;
  }
  const tag = refs.get(name.slice(0, -peeledMark.length));
  if (!tag) throw new PacketError('a peeled tag comes without its tag');
  refs.set(tag.name, { ...tag, peeled: id });
}

function symrefsOf(capabilities: string): ReadonlyMap<string, string> {
  const symrefs = capabilities.split(' ').filter(word => word.startsWith('symref='));
  return new Map(
    symrefs.map(word => {
      const [name = '', target = ''] = word.slice('symref='.length).split(':');
      return [name, target];
    }),
  );
}
