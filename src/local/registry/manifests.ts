// Manifests by tag or digest: kept byte for byte, taken only when they are whole and everything they name is here.
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { type Ask, json, type Reply, refuse } from './answer.ts';
import type { RegistryStore } from './store.ts';

const largest = 4 * 1024 * 1024;

const oci = 'application/vnd.oci.image.';
const docker = 'application/vnd.docker.distribution.manifest.';
const imageTypes = [`${oci}manifest.v1+json`, `${docker}v2+json`];
const listTypes = [`${oci}index.v1+json`, `${docker}list.v2+json`];

const Descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
});
const Common = z.object({ schemaVersion: z.literal(2), mediaType: z.string().optional() });
const Image = Common.extend({
  config: Descriptor,
  layers: z.array(Descriptor).nullish(),
  manifests: z.undefined().optional(),
});
const List = Common.extend({
  manifests: z.array(Descriptor),
  config: z.undefined().optional(),
  layers: z.undefined().optional(),
});

/** `GET`, `HEAD`, `PUT` and `DELETE` of `/v2/<name>/manifests/<tag or digest>`. */
export async function manifest(ask: Ask): Promise<Reply> {
  if (ask.method === 'PUT') return put(ask);
  const { store, repository, reference } = ask;
  if (ask.method === 'DELETE') {
    if (!isDigest(reference)) return refuse(400, 'DIGEST_INVALID');
    return (await store.removeManifest(repository, reference)) ? { status: 202 } : refuse(404, 'MANIFEST_UNKNOWN');
  }
  const digest = isDigest(reference) ? reference : await store.readTag(repository, reference);
  const found = digest === undefined ? undefined : await store.readManifest(repository, digest);
  if (digest === undefined || !found) return refuse(404, 'MANIFEST_UNKNOWN', { Tag: reference });
  if ([digest, `"${digest}"`].includes(ask.headers['if-none-match'] ?? '')) return { status: 304 };
  // As docker-registry: an OCI type is given only to those who name it.
  if (found.type.startsWith(oci) && !accepts(ask, found.type)) return refuse(404, 'MANIFEST_UNKNOWN');
  return {
    status: 200,
    headers: {
      'content-type': found.type,
      'content-length': String(found.body.length),
      'docker-content-digest': digest,
      etag: `"${digest}"`,
    },
    body: found.body,
  };
}

/** `GET /v2/<name>/tags/list`. */
export async function tagList({ store, repository }: Ask): Promise<Reply> {
  if (!(await store.hasRepository(repository))) return refuse(404, 'NAME_UNKNOWN', { name: repository });
  return json(200, { name: repository, tags: await store.tags(repository) });
}

/** `GET /v2/_catalog`. */
export async function catalog(store: RegistryStore): Promise<Reply> {
  return json(200, { repositories: await store.repositories() });
}

async function put(ask: Ask): Promise<Reply> {
  const { store, repository, reference } = ask;
  const body = await readAll(ask.body);
  if (!body) return refuse(413, 'SIZE_INVALID');
  const type = (ask.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const parsed = parse(body, type);
  if (!parsed) return refuse(400, 'MANIFEST_INVALID', {});
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  if (reference.startsWith('sha256:') && reference !== digest) return refuse(400, 'DIGEST_INVALID');
  for (const blob of parsed.blobs) {
    if ((await store.blobSize(repository, blob)) === undefined) return refuse(400, 'MANIFEST_BLOB_UNKNOWN', blob);
  }
  for (const child of parsed.children) {
    if (!(await store.hasManifest(repository, child))) return refuse(400, 'MANIFEST_BLOB_UNKNOWN', child);
  }
  await store.writeManifest(repository, { digest, type, body }, isDigest(reference) ? undefined : reference);
  const location = `/v2/${repository}/manifests/${digest}`;
  return { status: 201, headers: { location, 'docker-content-digest': digest } };
}

/** What a manifest names; undefined where it is none of its type. */
function parse(
  body: Buffer,
  type: string,
): { readonly blobs: readonly string[]; readonly children: readonly string[] } | undefined {
  const value = parseJson(body);
  const image = imageTypes.includes(type) ? Image.safeParse(value) : undefined;
  const list = listTypes.includes(type) ? List.safeParse(value) : undefined;
  const data = image?.data ?? list?.data;
  if (!data || (data.mediaType ?? type) !== type) return undefined;
  if (data.manifests) return { blobs: [], children: data.manifests.map(({ digest }) => digest) };
  return { blobs: [data.config, ...(data.layers ?? [])].map(({ digest }) => digest), children: [] };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function readAll(body: Readable): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > largest) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function isDigest(reference: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(reference);
}

function accepts(ask: Ask, type: string): boolean {
  const accepted = (ask.headers.accept ?? '').split(',').map(part => part.split(';')[0]?.trim());
  return accepted.includes(type);
}
