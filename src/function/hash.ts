// Hashes over what a build or a Serving is made from: the same meaning gives the same hash, whatever the order of keys.
import { createHash } from 'node:crypto';

/** JSON with sorted keys and without absent members. Throws a TypeError for what JSON cannot say (functions, NaN, bigints). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  const text = Number.isNaN(value) ? undefined : JSON.stringify(value);
  if (text === undefined) throw new TypeError(`${typeof value} ${String(value)} has no JSON`);
  return text;
}

/** SHA-256 as hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** `v1:` and the SHA-256 of the canonical JSON. Another version never equals this one: it is adopted, not compared. */
export function versionedHash(value: unknown): string {
  return `v1:${sha256(canonicalJson(value))}`;
}

/** Whether this build of revflow can compare the hash; OpenFunction's own (decimal text) it cannot. */
export function isOurHash(hash: string): boolean {
  return hash.startsWith('v1:');
}
