// Images pushed to a registry over its API, by hand: no code of ours under test is involved.
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { gzipSync } from 'node:zlib';

export const manifestTypes = {
  oci: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  docker: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

export interface Pushing {
  /** `http://host` or `https://host` */
  readonly url: string;
  readonly ca?: string | undefined;
  /** The value of an Authorization header; or a Bearer token's source for each repository. */
  readonly authorization?: string | ((repository: string) => Promise<string>);
}

export interface ImageContent {
  /** Path to text. Takes the place of `seed`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Another seed is another image. */
  readonly seed?: string;
  /** Of which type; an index or list holds one image. */
  readonly type?: keyof typeof manifestTypes;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** One request to a registry, as it comes; redirects are not followed. */
export function ask(
  target: Pushing,
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {},
): Promise<RawAnswer> {
  const url = new URL(path, target.url);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const options = { method: init.method ?? 'GET', headers: init.headers ?? {}, ca: target.ca, agent: false as const };
  return new Promise((resolve, reject) => {
    const request = send(url, options, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    request.on('error', reject);
    request.end(init.body);
  });
}

/** Pushes an image as `repository:tag` and gives its digest. */
export async function pushImage(target: Pushing, reference: string, content: ImageContent = {}): Promise<string> {
  const colon = reference.lastIndexOf(':');
  const repository = reference.slice(0, colon);
  const tag = reference.slice(colon + 1);
  const { authorization } = target;
  const value = typeof authorization === 'function' ? await authorization(repository) : authorization;
  const headers = value === undefined ? {} : { authorization: value };
  const put = (path: string, body: Uint8Array | string, type: string) =>
    expectStatus(ask(target, path, { method: 'PUT', headers: { ...headers, 'content-type': type }, body }), 201);
  const blob = async (bytes: Uint8Array) => {
    const started = await expectStatus(
      ask(target, `/v2/${repository}/blobs/uploads/`, { method: 'POST', headers }),
      202,
    );
    const location = new URL(String(started.headers['location']), target.url);
    location.searchParams.set('digest', sha256(bytes));
    await put(`${location.pathname}${location.search}`, bytes, 'application/octet-stream');
    return { digest: sha256(bytes), size: bytes.length };
  };
  const type = content.type ?? 'oci';
  const isOci = type === 'oci' || type === 'ociIndex';
  const tar = tarOf(content.files ?? { 'seed.txt': content.seed ?? 'one' });
  const config = await blob(
    Buffer.from(
      JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [sha256(tar)] } }),
    ),
  );
  const layer = await blob(gzipSync(tar));
  const single = isOci ? manifestTypes.oci : manifestTypes.docker;
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: single,
    config: {
      mediaType: isOci ? 'application/vnd.oci.image.config.v1+json' : 'application/vnd.docker.container.image.v1+json',
      ...config,
    },
    layers: [
      {
        mediaType: isOci
          ? 'application/vnd.oci.image.layer.v1.tar+gzip'
          : 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        ...layer,
      },
    ],
  });
  const path = `/v2/${repository}/manifests/`;
  if (type === 'oci' || type === 'docker') {
    await put(`${path}${tag}`, manifest, single);
    return sha256(manifest);
  }
  await put(`${path}${sha256(manifest)}`, manifest, single);
  const child = {
    mediaType: single,
    digest: sha256(manifest),
    size: manifest.length,
    platform: { architecture: 'amd64', os: 'linux' },
  };
  const index = JSON.stringify({ schemaVersion: 2, mediaType: manifestTypes[type], manifests: [child] });
  await put(`${path}${tag}`, index, manifestTypes[type]);
  return sha256(index);
}

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A tar archive of small files, in the order given. */
function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        0ustar\x0000', 148);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

async function expectStatus(answer: Promise<RawAnswer>, status: number): Promise<RawAnswer> {
  const got = await answer;
  if (got.status !== status)
    throw new Error(`the registry answered ${got.status}, not ${status}: ${got.body.toString()}`);
  return got;
}
