// Layers and configs: reading them, whole or a range, and forgetting them.
import { type Ask, type Reply, refuse } from './answer.ts';

/** `GET`, `HEAD` and `DELETE` of `/v2/<name>/blobs/<digest>`. */
export async function blob(ask: Ask): Promise<Reply> {
  const { store, repository, reference: digest } = ask;
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return refuse(400, 'DIGEST_INVALID', {});
  if (ask.method === 'DELETE') {
    const removed = await store.unlinkBlob(repository, digest);
    return removed ? { status: 202 } : refuse(404, 'BLOB_UNKNOWN');
  }
  const size = await store.blobSize(repository, digest);
  if (size === undefined) return refuse(404, 'BLOB_UNKNOWN', digest);
  const shared = { 'docker-content-digest': digest, etag: `"${digest}"`, 'cache-control': 'max-age=31536000' };
  if (ask.headers['if-none-match'] === shared.etag) return { status: 304, headers: shared };
  const range = rangeOf(ask.headers.range, size);
  if (range === 'unsatisfiable') {
    return { ...refuse(416, 'RANGE_INVALID'), headers: { 'content-range': `bytes */${size}` } };
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  return {
    status: range ? 206 : 200,
    headers: {
      ...shared,
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      'content-length': String(end - start + 1),
      ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    },
    file: { path: store.blobPath(digest), start, end },
  };
}

/** One range of bytes; undefined where none was asked, or none that we read: then the whole is sent. */
function rangeOf(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const suffix = match[1] === '';
  const start = suffix ? Math.max(size - Number(match[2]), 0) : Number(match[1]);
  const end = suffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}
