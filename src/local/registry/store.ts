// The registry on disk: contents by digest, and for each repository links to what it has. A file appears whole or not at all.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Uploads that nobody went on with for so long are dropped at the next start. */
const forgottenUploadMs = 24 * 60 * 60_000;

/** What links a repository to a content. No part of a repository's name begins with `_`, so these never meet a repository. */
type LinkKind = '_layers' | '_manifests' | '_tags' | '_uploads';

/** One directory holds everything. Only `sha256:` digests are known; callers pass no others, and only valid names and tags. */
export class RegistryStore {
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the directory, and drops what an earlier process left half done. */
  async open(): Promise<void> {
    await rm(this.path('tmp'), { recursive: true, force: true });
    for (const part of ['tmp', 'blobs', 'repositories']) await mkdir(this.path(part), { recursive: true });
    for (const repository of await this.repositories()) {
      for (const upload of await names(this.link(repository, '_uploads'))) {
        const path = this.link(repository, '_uploads', upload);
        const info = await stat(path);
        if (Date.now() - info.mtimeMs > forgottenUploadMs) await rm(path, { force: true });
      }
    }
  }

  /** Where a content lies. */
  blobPath(digest: string): string {
    const hex = digest.slice('sha256:'.length);
    return this.path('blobs', hex.slice(0, 2), hex);
  }

  /** The size of a layer or config that the repository has; undefined where it has none such. */
  async blobSize(repository: string, digest: string): Promise<number | undefined> {
    if (!(await exists(this.link(repository, '_layers', digest)))) return undefined;
    return (await stat(this.blobPath(digest))).size;
  }

  linkBlob(repository: string, digest: string): Promise<void> {
    return this.write(this.link(repository, '_layers', digest), '');
  }

  /** False when the repository did not have it. The content stays: other repositories may link to it. */
  unlinkBlob(repository: string, digest: string): Promise<boolean> {
    return remove(this.link(repository, '_layers', digest));
  }

  /** The digest that a tag points at. */
  readTag(repository: string, tag: string): Promise<string | undefined> {
    return readText(this.link(repository, '_tags', tag));
  }

  tags(repository: string): Promise<string[]> {
    return names(this.link(repository, '_tags'));
  }

  async readManifest(
    repository: string,
    digest: string,
  ): Promise<{ readonly type: string; readonly body: Buffer } | undefined> {
    const type = await readText(this.link(repository, '_manifests', digest));
    return type === undefined ? undefined : { type, body: await readFile(this.blobPath(digest)) };
  }

  async hasManifest(repository: string, digest: string): Promise<boolean> {
    return exists(this.link(repository, '_manifests', digest));
  }

  /** Content first, then the link, then the tag: whoever sees one sees what it points at. */
  async writeManifest(
    repository: string,
    manifest: { readonly digest: string; readonly type: string; readonly body: Uint8Array },
    tag: string | undefined,
  ): Promise<void> {
    await this.write(this.blobPath(manifest.digest), manifest.body);
    await this.write(this.link(repository, '_manifests', manifest.digest), manifest.type);
    if (tag !== undefined) await this.write(this.link(repository, '_tags', tag), manifest.digest);
  }

  /** Forgets a manifest and the tags that point at it; false when the repository did not have it. */
  async removeManifest(repository: string, digest: string): Promise<boolean> {
    for (const tag of await this.tags(repository)) {
      if ((await this.readTag(repository, tag)) === digest) await remove(this.link(repository, '_tags', tag));
    }
    return remove(this.link(repository, '_manifests', digest));
  }

  /** Begins an upload and gives its name. */
  async startUpload(repository: string): Promise<string> {
    const upload = randomUUID();
    const path = this.link(repository, '_uploads', upload);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '');
    return upload;
  }

  /** How many bytes of an upload have come; undefined where there is no such upload. */
  async uploadSize(repository: string, upload: string): Promise<number | undefined> {
    const info = await stat(this.link(repository, '_uploads', upload)).catch(() => undefined);
    return info?.size;
  }

  async appendUpload(repository: string, upload: string, body: Readable): Promise<void> {
    await pipeline(body, createWriteStream(this.link(repository, '_uploads', upload), { flags: 'a' }));
  }

  /** Makes an upload a content of the repository, if it has this digest; otherwise drops it and answers false. */
  async finishUpload(repository: string, upload: string, digest: string): Promise<boolean> {
    const path = this.link(repository, '_uploads', upload);
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    if (`sha256:${hash.digest('hex')}` !== digest) {
      await rm(path, { force: true });
      return false;
    }
    await mkdir(dirname(this.blobPath(digest)), { recursive: true });
    await flush(path);
    await rename(path, this.blobPath(digest));
    await this.linkBlob(repository, digest);
    return true;
  }

  dropUpload(repository: string, upload: string): Promise<boolean> {
    return remove(this.link(repository, '_uploads', upload));
  }

  /** Whether anything was ever pushed here. */
  async hasRepository(repository: string): Promise<boolean> {
    return exists(this.link(repository, '_manifests'));
  }

  /** Every repository with a directory, sorted. */
  async repositories(below = ''): Promise<string[]> {
    const found: string[] = [];
    for (const name of await names(this.path('repositories', below))) {
      if (name.startsWith('_')) continue;
      const repository = below === '' ? name : `${below}/${name}`;
      const parts = await names(this.path('repositories', repository));
      if (parts.some(part => part.startsWith('_'))) found.push(repository);
      found.push(...(await this.repositories(repository)));
    }
    return found.toSorted();
  }

  private link(repository: string, kind: LinkKind, name = ''): string {
    return this.path('repositories', repository, kind, name.replace('sha256:', ''));
  }

  private path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  private async write(path: string, content: string | Uint8Array): Promise<void> {
    const temporary = this.path('tmp', randomUUID());
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content, { flush: true });
    await rename(temporary, path);
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function names(directory: string): Promise<string[]> {
  const found: string[] = await readdir(directory).catch(() => []);
  return found.toSorted();
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function remove(path: string): Promise<boolean> {
  if (!(await exists(path))) return false;
  await rm(path, { force: true });
  return true;
}
