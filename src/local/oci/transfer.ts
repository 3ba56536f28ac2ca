// Images pushed to registries and pulled from them. What comes is checked against the digest that named it.
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import type { RegistryAccess, RegistryPorts } from '../../revision/oci/access.ts';
import { acceptManifests, hasDigest, manifestDigest } from '../../revision/oci/media-types.ts';
import type { Registries } from '../../revision/oci/registry.ts';
import { isDigest } from '../../watch/image.ts';
import type { PackedImage } from './image.ts';
import { readTar, type TarEntry } from './tar.ts';

/** One repository of one registry, and the means to ask it. */
export interface Transfer {
  readonly registries: Registries;
  readonly access: RegistryAccess;
  readonly ports: RegistryPorts;
  readonly signal?: AbortSignal;
}

const largestLayer = 256 * 1024 * 1024;
const largestManifest = 4 * 1024 * 1024;
const blobTimeoutMs = 120_000;

const Digest = z.string().refine(isDigest);
const Descriptor = z.object({ mediaType: z.string(), digest: Digest, size: z.number().int().nonnegative() });
const Platform = z.object({ architecture: z.string(), os: z.string() }).optional().catch(undefined);
const Index = z.object({ manifests: z.array(Descriptor.extend({ platform: Platform })).min(1) });
const Image = z.object({ layers: z.array(Descriptor).nullish() });

/** Pushes an image under a tag and gives its digest. What the registry has already is not sent again. */
export async function pushImage(image: PackedImage, tag: string, transfer: Transfer): Promise<string> {
  for (const { descriptor, content } of image.blobs) {
    const known = await ask(transfer, { method: 'HEAD', path: `blobs/${descriptor.digest}`, accept: [404] });
    if (known.status === 404) await pushBlob(descriptor.digest, await content(), transfer);
  }
  await ask(transfer, {
    method: 'PUT',
    path: `manifests/${tag}`,
    headers: { 'content-type': image.mediaType },
    body: image.manifest,
  });
  return image.digest;
}

async function pushBlob(digest: string, content: Uint8Array, transfer: Transfer): Promise<void> {
  const started = await ask(transfer, { method: 'POST', path: 'blobs/uploads/' });
  const location = started.headers['location'];
  if (location === undefined || !URL.canParse(location, started.url))
    throw unexpected(transfer, 'named no place for an upload');
  const place = new URL(location, started.url);
  place.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await ask(transfer, { method: 'PUT', path: place.href, headers, body: content, timeoutMs: blobTimeoutMs });
}

/**
 * The image's digest (of an index: the index's own) and its layers, lowest first. `reference` is a tag or a digest. Of an index the
 * image for linux/amd64 is taken, else the first.
 */
export async function pullLayers(
  reference: string,
  transfer: Transfer,
): Promise<{ readonly digest: string; readonly layers: readonly (readonly TarEntry[])[] }> {
  const top = await pullManifest(reference, transfer);
  const index = Index.safeParse(top.content).data?.manifests;
  const chosen =
    index?.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64') ?? index?.[0];
  const image = chosen ? await pullManifest(chosen.digest, transfer) : top;
  const parsed = Image.safeParse(image.content);
  if (!parsed.success) throw unexpected(transfer, 'sent a manifest that names no layers');
  const layers: (readonly TarEntry[])[] = [];
  for (const { digest } of parsed.data.layers ?? []) layers.push(readTar(await pullLayer(digest, transfer)));
  return { digest: top.digest, layers };
}

async function pullManifest(
  reference: string,
  transfer: Transfer,
): Promise<{ readonly digest: string; readonly content: unknown }> {
  const headers = { accept: acceptManifests };
  const { body } = await ask(transfer, {
    method: 'GET',
    path: `manifests/${reference}`,
    headers,
    maxBytes: largestManifest,
  });
  const digest = manifestDigest(body);
  if (digest === undefined)
    throw unexpected(transfer, 'answered the question for a manifest with something that is none');
  if (isDigest(reference) && !hasDigest(body, reference))
    throw unexpected(transfer, 'sent another manifest than was asked for');
  return { digest: isDigest(reference) ? reference : digest, content: JSON.parse(new TextDecoder().decode(body)) };
}

async function pullLayer(digest: string, transfer: Transfer): Promise<Buffer> {
  const { body } = await ask(transfer, {
    method: 'GET',
    path: `blobs/${digest}`,
    maxBytes: largestLayer,
    timeoutMs: blobTimeoutMs,
  });
  if (!hasDigest(body, digest)) throw unexpected(transfer, 'sent another layer than was asked for');
  return decompress(Buffer.from(body.buffer, body.byteOffset, body.length));
}

/** By its first bytes: registries and builders do not agree on the names of the types. */
async function decompress(body: Buffer): Promise<Buffer> {
  const limit = { maxOutputLength: largestLayer };
  try {
    if (body.readUInt16BE(0) === 0x1f8b) return await promisify(gunzip)(body, limit);
    if (body.readUInt32BE(0) === 0x28b52ffd) return await promisify(zstdDecompress)(body, limit);
    return body;
  } catch (cause) {
    throw new TerminalError(
      'UnsafeArchive',
      `a layer of the image is malformed, or larger than ${largestLayer} bytes`,
      { cause },
    );
  }
}

function ask({ registries, access, ports, signal }: Transfer, request: Parameters<Registries['request']>[2]) {
  return registries.request(access, ports, { ...request, ...(signal === undefined ? {} : { signal }) });
}

function unexpected({ access }: Transfer, what: string): RetryableError {
  return new RetryableError('UnexpectedAnswer', `the registry ${access.registry} ${what} (${access.repository})`);
}
