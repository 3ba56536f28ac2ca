// Uploads of layers and configs: at once or in parts, or mounted from another repository.
import { type Ask, type Reply, refuse } from './answer.ts';

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** `POST /v2/<name>/blobs/uploads/`: begins an upload, or mounts a content that another repository has. */
export async function startUpload({ store, repository, query }: Ask): Promise<Reply> {
  const mount = query.get('mount') ?? '';
  const from = query.get('from') ?? '';
  if (digestPattern.test(mount) && from !== '' && isRepository(from)) {
    const size = await store.blobSize(from, mount);
    if (size !== undefined) {
      await store.linkBlob(repository, mount);
      return created(repository, mount);
    }
  }
  return progress(202, { repository, upload: await store.startUpload(repository), size: 0 });
}

/** `GET`, `PATCH`, `PUT` and `DELETE` of `/v2/<name>/blobs/uploads/<upload>`. */
export async function upload(ask: Ask): Promise<Reply> {
  const { store, repository, reference } = ask;
  if (!/^[0-9a-f-]{36}$/.test(reference)) return refuse(404, 'BLOB_UPLOAD_INVALID', {});
  const size = await store.uploadSize(repository, reference);
  if (size === undefined) return refuse(404, 'BLOB_UPLOAD_UNKNOWN', {});
  switch (ask.method) {
    case 'GET':
      return progress(204, { repository, upload: reference, size });
    case 'PATCH':
      return (await append(ask, size)) ?? progress(202, await now(ask));
    case 'PUT':
      return (await append(ask, size)) ?? finish(ask);
    default:
      await store.dropUpload(repository, reference);
      return { status: 204, headers: { 'docker-upload-uuid': reference } };
  }
}

/** Adds the body; a reply only where it does not begin where the last part ended. */
async function append(ask: Ask, size: number): Promise<Reply | undefined> {
  const range = /^(?:bytes )?(\d+)-(\d+)/.exec(ask.headers['content-range'] ?? '');
  if (range && Number(range[1]) !== size) {
    const { headers } = progress(416, { repository: ask.repository, upload: ask.reference, size });
    return { ...refuse(416, 'RANGE_INVALID'), ...(headers ? { headers } : {}) };
  }
  await ask.store.appendUpload(ask.repository, ask.reference, ask.body);
  return undefined;
}

async function finish(ask: Ask): Promise<Reply> {
  const digest = ask.query.get('digest') ?? '';
  if (!digestPattern.test(digest)) return refuse(400, 'DIGEST_INVALID', 'digest missing or malformed');
  const done = await ask.store.finishUpload(ask.repository, ask.reference, digest);
  return done ? created(ask.repository, digest) : refuse(400, 'DIGEST_INVALID', { Digest: digest });
}

async function now(ask: Ask): Promise<Progress> {
  const size = (await ask.store.uploadSize(ask.repository, ask.reference)) ?? 0;
  return { repository: ask.repository, upload: ask.reference, size };
}

interface Progress {
  readonly repository: string;
  readonly upload: string;
  readonly size: number;
}

function progress(status: number, { repository, upload: name, size }: Progress): Reply {
  const headers = {
    location: `/v2/${repository}/blobs/uploads/${name}`,
    range: `0-${Math.max(size - 1, 0)}`,
    'docker-upload-uuid': name,
  };
  return { status, headers };
}

function created(repository: string, digest: string): Reply {
  return { status: 201, headers: { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest } };
}

/** Whether the name of another repository, as it came in a query, stays inside the store. */
function isRepository(name: string): boolean {
  return name.split('/').every(part => /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/.test(part));
}
