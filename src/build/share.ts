// Which runs are the same: the hash of all that one is made from.

import { canonicalJson, sha256 } from '../function/hash.ts';
import { functionLabel } from '../function/names.ts';
import { TerminalError } from '../platform/errors.ts';
import type { Backend, BuildOrder } from './backend.ts';
import { buildInputHash, buildTimeoutMs } from './plan.ts';

export interface Shareable {
  readonly backend: Backend;
  readonly order: BuildOrder;
  /** Name of the Function. */
  readonly name: string;
  /** Digests of images that the build is made with, where they are known. */
  readonly madeWith: readonly object[];
}

const commit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * The hash; two of one namespace that are equal give the same image. It is of the very objects that would be created, without what tells
 * whose they are, and of the inputs that stand in none of them. Undefined: the run is nobody else's, since its source may be another one
 * a moment later, it cannot be asked for at all, or the Function's name is too long to stand in a label.
 */
export function shareKey({ backend, order, name, madeWith }: Shareable): string | undefined {
  const { spec, metadata, ...kind } = order.builder;
  if (!isPinned(order) || functionLabel(name) !== name) return undefined;
  const nobody = { ...kind, spec, metadata: { name: 'builder', namespace: metadata.namespace, uid: 'builder' } };
  try {
    const objects = backend.emit({ ...order, builder: nobody }).map(({ object }) => object);
    const inputs = { hash: buildInputHash(spec), timeoutMs: buildTimeoutMs(spec), madeWith };
    return sha256(canonicalJson({ engine: backend.engine, objects, inputs }));
  } catch (error) {
    if (error instanceof TerminalError) return undefined;
    throw error;
  }
}

/** A commit or a digest means the same for ever. */
function isPinned({ builder, revision }: BuildOrder): boolean {
  const { srcRepo } = builder.spec;
  if (srcRepo.bundleContainer !== undefined) return srcRepo.bundleContainer.image.includes('@sha256:');
  return commit.test(revision ?? srcRepo.revision ?? '');
}
