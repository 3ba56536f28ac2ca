// The id of a key's job: BullMQ builds Redis keys from it, so it holds no colon, is no number and is no name of BullMQ's own.

/** The id of a key; `keyOf` gives the key back. */
export function jobId(key: string): string {
  return `~${key.replaceAll('%', '%25').replaceAll(':', '%3A')}`;
}

/** The key that `jobId` made this id of. */
export function keyOf(id: string): string {
  return id.slice(1).replaceAll('%3A', ':').replaceAll('%25', '%');
}
