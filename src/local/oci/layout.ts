// A folder with one image, as build tools write it (OCI image layout), ready to be pushed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TerminalError } from '../../platform/errors.ts';
import { mediaTypes } from '../../revision/oci/media-types.ts';
import { isDigest } from '../../watch/image.ts';
import type { Blob, PackedImage } from './image.ts';

const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().refine(isDigest),
  size: z.number().int().nonnegative(),
});
const index = z.object({ manifests: z.array(descriptor).length(1) });
const image = z.object({ config: descriptor, layers: z.array(descriptor) });

/** Throws TerminalError LayoutInvalid where there is not one image of one platform. */
export async function readLayout(folder: string): Promise<PackedImage> {
  const [top] = parse(index, await readFile(join(folder, 'index.json')), folder).manifests;
  if (top === undefined) throw invalid(folder);
  const manifest = await readFile(blobFile(folder, top.digest));
  const { config, layers } = parse(image, manifest, folder);
  const blob = (of: z.infer<typeof descriptor>): Blob => ({
    descriptor: of,
    content: () => readFile(blobFile(folder, of.digest)),
  });
  return {
    digest: top.digest,
    manifest,
    mediaType: top.mediaType || mediaTypes.ociManifest,
    blobs: [config, ...layers].map(blob),
    size: layers.reduce((sum, { size }) => sum + size, 0),
  };
}

function parse<T>(schema: z.ZodType<T>, content: Buffer, folder: string): T {
  const parsed = schema.safeParse(JSON.parse(content.toString('utf8')));
  if (!parsed.success) throw invalid(folder);
  return parsed.data;
}

function blobFile(folder: string, digest: string): string {
  return join(folder, 'blobs', ...digest.split(':'));
}

function invalid(folder: string): TerminalError {
  return new TerminalError('LayoutInvalid', `${folder} does not hold one image of one platform`);
}
