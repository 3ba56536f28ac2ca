// The manifest types of registries, and digests of what they send. The only place that knows oci-registry-client.
import { createHash } from 'node:crypto';
import {
  digestFromManifestStr,
  MEDIATYPE_MANIFEST_LIST_V2,
  MEDIATYPE_MANIFEST_V2,
  MEDIATYPE_OCI_MANIFEST_INDEX_V1,
  MEDIATYPE_OCI_MANIFEST_V1,
} from 'oci-registry-client';

export type { ManifestOCI, ManifestOCIDescriptor } from 'oci-registry-client';

export const mediaTypes = {
  ociManifest: MEDIATYPE_OCI_MANIFEST_V1,
  ociIndex: MEDIATYPE_OCI_MANIFEST_INDEX_V1,
  dockerManifest: MEDIATYPE_MANIFEST_V2,
  dockerList: MEDIATYPE_MANIFEST_LIST_V2,
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/** Always all four: asked with fewer, a registry converts, and answers with the digest of something else. */
export const acceptManifests = [
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerList,
].join(', ');

/** The `sha256:...` digest of any bytes. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The digest of a manifest as it came over the wire; undefined when the bytes are no manifest (not JSON, not UTF-8, schema 1). */
export function manifestDigest(body: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    const parsed: unknown = JSON.parse(text);
    const manifest = typeof parsed === 'object' && parsed !== null && 'schemaVersion' in parsed;
    return manifest ? digestFromManifestStr(text) : undefined;
  } catch {
    // The library's error quotes the body; nothing of it is passed on.
    return undefined;
  }
}

/** Whether these bytes have this digest (`sha256:...` or `sha512:...`). */
export function hasDigest(bytes: Uint8Array, digest: string): boolean {
  const [algorithm, hex] = digest.split(':');
  if (algorithm !== 'sha256' && algorithm !== 'sha512') return false;
  return createHash(algorithm).update(bytes).digest('hex') === hex;
}
