// A directory packed as an OCI image: one layer, a config, a manifest. The same input gives the same digest.
import { gzipSync } from 'node:zlib';
import { digestOf, type ManifestOCI, type ManifestOCIDescriptor, mediaTypes } from '../../revision/oci/media-types.ts';
import { type TarEntry, writeTar } from './tar.ts';
import { readTree } from './tree.ts';

export interface Blob {
  readonly descriptor: ManifestOCIDescriptor;
  /** Read when it is needed: layers of real images are large. */
  readonly content: () => Promise<Uint8Array>;
}

export interface PackedImage {
  /** Of the manifest: what the image is known by. */
  readonly digest: string;
  readonly manifest: Uint8Array;
  readonly mediaType: string;
  /** Config and layers, in the order in which they are pushed. */
  readonly blobs: readonly Blob[];
  /** Bytes of the compressed layers, as build systems report it. */
  readonly size: number;
}

export interface ImageTexts {
  /** Labels of the config. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of the manifest. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Where the files of an image lie, as the buildpacks' images have it. */
const workspace = 'workspace';
const epoch = '1970-01-01T00:00:00Z';

/** Packs what is below a directory under `/workspace`. Throws TerminalError as `readTree` does. */
export async function packImage(directory: string, texts: ImageTexts): Promise<PackedImage> {
  const folder = { path: workspace, kind: 'directory', executable: true, content: new Uint8Array() } as const;
  const entries = (await readTree(directory)).map(entry => ({ ...entry, path: `${workspace}/${entry.path}` }));
  return packEntries([folder, ...entries], texts);
}

/** An image of these files alone, in their order. */
export function packEntries(
  entries: readonly TarEntry[],
  { labels = {}, annotations = {} }: ImageTexts = {},
): PackedImage {
  const tar = writeTar(entries);
  const compressed = gzipSync(tar, { level: 6 });
  // The byte that names the operating system: the only thing in the header that differs from machine to machine.
  compressed[9] = 255;
  const layer = blob(mediaTypes.ociLayer, compressed);
  const config = blob(
    mediaTypes.ociConfig,
    json({
      created: epoch,
      architecture: 'amd64',
      os: 'linux',
      config: { WorkingDir: `/${workspace}`, Labels: sorted(labels) },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
      history: [{ created: epoch, created_by: 'revflow: packed, not built' }],
    }),
  );
  const content: ManifestOCI = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: [layer.descriptor],
    annotations: sorted(annotations),
  };
  const manifest = json(content);
  return {
    digest: digestOf(manifest),
    manifest,
    mediaType: mediaTypes.ociManifest,
    blobs: [config, layer],
    size: compressed.length,
  };
}

function blob(mediaType: string, content: Uint8Array): Blob {
  return { descriptor: { mediaType, digest: digestOf(content), size: content.length }, content: async () => content };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

function sorted(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
