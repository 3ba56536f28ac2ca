// What the repositories and images of the benchmark point at before anything is moved: the same in every process that asks.
import { createHash, randomBytes } from 'node:crypto';

/** Commit id of a ref. */
export function initialCommit(repository: string, ref: string): string {
  return createHash('sha1').update(`${repository}#${ref}`).digest('hex');
}

/** Digest of a tag. */
export function initialDigest(image: string): string {
  return `sha256:${createHash('sha256').update(image).digest('hex')}`;
}

export function newCommit(): string {
  return randomBytes(20).toString('hex');
}

export function newDigest(): string {
  return `sha256:${randomBytes(32).toString('hex')}`;
}

/** Something that can be moved: a branch of a repository, or the tag of an image. */
export interface Movable {
  /** `bench/r-1#main`, `bench/i-1`. */
  readonly name: string;
}

/** A head that was moved, as the sources server tells of it. */
export interface Sighted {
  /** The new id. */
  readonly sighted: string;
  /** When it was answered for the first time, milliseconds since the epoch. */
  readonly at: number;
}
