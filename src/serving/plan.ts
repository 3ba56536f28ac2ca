// What a Function asks its Serving to be, and the name that its inputs have.
import { withDefaults } from '../function/defaults.ts';
import { versionedHash } from '../function/hash.ts';
import type { FunctionObject } from '../function/schema.ts';
import type { ServingSpec } from '../function/schema-serving.ts';
import { canonicalServing } from './canonical.ts';

/** The image with this digest; a tag stays, a digest that was written is replaced. Without a digest: as written. */
export function servingImage(image: string, digest: string | undefined): string {
  return digest ? `${imageName(image)}@${digest}` : image;
}

/** The image without its digest. */
export function imageName(image: string): string {
  return image.split('@')[0] ?? image;
}

/** The digest that an image reference names; undefined when it names none. */
export function imageDigest(image: string): string | undefined {
  return image.split('@')[1];
}

/** The spec of the Serving; undefined when nothing is to be served. */
export function wantedServing(fn: FunctionObject, digest: string | undefined): ServingSpec | undefined {
  const { serving, version, image, imageCredentials } = withDefaults(fn).spec;
  if (serving === undefined) return undefined;
  return {
    ...serving,
    ...(version === undefined ? {} : { version }),
    image: servingImage(image, digest),
    ...(imageCredentials === undefined ? {} : { imageCredentials }),
  };
}

/** Hash of all that makes a Serving another one: the same duration or quantity in other words, or an empty list, does not. */
export function servingInputHash(spec: ServingSpec): string {
  return versionedHash(canonicalServing(spec));
}
