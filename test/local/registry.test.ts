// The embedded registry and Debian's docker-registry answer alike, to hand-made requests and to skopeo.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry as startEmbedded } from '../../src/local/registry/server.ts';
import { silentLog } from '../servers/api-server.ts';
import { ask, manifestTypes, pushImage, sha256 } from '../servers/push-image.ts';
import { hasDockerRegistry, skipsWithoutDockerRegistry, startRegistry } from '../servers/registry.ts';

const accept = Object.values(manifestTypes).join(', ');
const hasSkopeo = existsSync('/usr/bin/skopeo');
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'revflow-registries-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** docker-registry gives tags in no order. */
function areBoth(tags: string[]): boolean {
  return tags.toSorted().join() === 'a,b';
}

function registryContract(start: () => Promise<AsyncDisposable & { readonly url: string }>): void {
  let registry: Awaited<ReturnType<typeof start>>;
  const get = (path: string, headers: Record<string, string> = {}) => ask(registry, path, { headers });
  const post = (path: string) => ask(registry, path, { method: 'POST' });
  const code = (body: Buffer) => (JSON.parse(body.toString()) as { errors: { code: string }[] }).errors[0]?.code;
  const location = (answer: { headers: Readonly<Record<string, unknown>> }) =>
    new URL(String(answer.headers['location']), registry.url);

  beforeAll(async () => {
    registry = await start();
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  it.each(['oci', 'ociIndex', 'docker', 'dockerList'] as const)(
    'keeps a manifest of type %s to the byte',
    async type => {
      const digest = await pushImage(registry, `o/${type.toLowerCase()}:v1`, { type });
      const path = `/v2/o/${type.toLowerCase()}/manifests`;
      for (const reference of ['v1', digest]) {
        const answer = await get(`${path}/${reference}`, { accept });
        expect(answer.status).toBe(200);
        expect(answer.headers).toMatchObject({ 'docker-content-digest': digest, 'content-type': manifestTypes[type] });
        expect(sha256(answer.body)).toBe(digest);
        const head = await ask(registry, `${path}/${reference}`, { method: 'HEAD', headers: { accept } });
        expect(head).toMatchObject({ status: 200, headers: { 'docker-content-digest': digest } });
        expect(head.body).toHaveLength(0);
      }
      expect((await get(`${path}/v1`, { accept, 'if-none-match': `"${digest}"` })).status).toBe(304);
    },
  );

  it('lists tags', async () => {
    await pushImage(registry, 'o/tags:b');
    await pushImage(registry, 'o/tags:a');
    const { body } = await get('/v2/o/tags/tags/list');
    expect(JSON.parse(body.toString())).toEqual({ name: 'o/tags', tags: expect.toSatisfy(areBoth) });
    expect(code((await get('/v2/o/none/tags/list')).body)).toBe('NAME_UNKNOWN');
  });

  it('takes an upload in parts, and refuses a wrong digest', async () => {
    const started = await post('/v2/o/parts/blobs/uploads/');
    expect(started.status).toBe(202);
    const patch = (url: URL, body: string, range: string) =>
      ask(registry, `${url.pathname}${url.search}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/octet-stream', 'content-range': range },
        body,
      });
    const first = await patch(location(started), 'hello, ', '0-6');
    expect(first).toMatchObject({ status: 202, headers: { range: '0-6' } });
    const second = await patch(location(first), 'world', '7-11');
    expect(second).toMatchObject({ status: 202, headers: { range: '0-11' } });
    const end = location(second);
    end.searchParams.set('digest', sha256('hello, world'));
    const done = await ask(registry, `${end.pathname}${end.search}`, { method: 'PUT' });
    expect(done.status).toBe(201);
    expect((await get(`/v2/o/parts/blobs/${sha256('hello, world')}`)).body.toString()).toBe('hello, world');
    const other = location(await post('/v2/o/parts/blobs/uploads/'));
    other.searchParams.set('digest', sha256('something else'));
    const wrong = await ask(registry, `${other.pathname}${other.search}`, { method: 'PUT', body: 'x' });
    expect(wrong.status).toBe(400);
    expect(code(wrong.body)).toBe('DIGEST_INVALID');
  });

  it('mounts a blob of another repository, and begins an upload where there is none', async () => {
    const digest = sha256('hello, world');
    const mounted = await post(`/v2/o/mounted/blobs/uploads/?mount=${digest}&from=o/parts`);
    expect(mounted).toMatchObject({ status: 201, headers: { 'docker-content-digest': digest } });
    expect((await post(`/v2/o/mounted/blobs/uploads/?mount=${sha256('none')}&from=o/parts`)).status).toBe(202);
    expect((await get(`/v2/o/other/blobs/${digest}`)).status).toBe(404);
  });

  it('gives a part of a blob', async () => {
    const path = `/v2/o/parts/blobs/${sha256('hello, world')}`;
    const part = await get(path, { range: 'bytes=7-' });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 7-11/12' } });
    expect(part.body.toString()).toBe('world');
  });

  it('refuses a manifest whose parts are not there, and one under the digest of another', async () => {
    const digest = await pushImage(registry, 'o/whole:v1');
    const { body } = await get(`/v2/o/whole/manifests/${digest}`, { accept });
    const put = (path: string) =>
      ask(registry, path, { method: 'PUT', headers: { 'content-type': manifestTypes.oci }, body });
    const elsewhere = await put('/v2/o/elsewhere/manifests/v1');
    expect(elsewhere.status).toBe(400);
    expect(code(elsewhere.body)).toMatch(/UNKNOWN/);
    expect(code((await put(`/v2/o/whole/manifests/${sha256('other')}`)).body)).toBe('DIGEST_INVALID');
  });

  it('forgets a manifest and its tags', async () => {
    const digest = await pushImage(registry, 'o/gone:v1');
    const path = `/v2/o/gone/manifests/${digest}`;
    expect((await ask(registry, path, { method: 'DELETE' })).status).toBe(202);
    const after = await get('/v2/o/gone/manifests/v1', { accept });
    expect(after.status).toBe(404);
    expect(code(after.body)).toBe('MANIFEST_UNKNOWN');
  });

  it.each([
    '/v2/../../etc/passwd',
    '/v2/..%2f..%2fetc/manifests/passwd',
    '/v2/UPPER/manifests/v1',
    '/v2/a//manifests/v1',
  ])('finds nothing at %s', async path => {
    expect((await get(path)).status).toBeGreaterThanOrEqual(300);
  });

  it.skipIf(!hasSkopeo)(`serves skopeo${hasSkopeo ? '' : ' (skipped without the Debian package skopeo)'}`, async () => {
    const digest = await pushImage(registry, 'o/skopeo:v1', { type: 'ociIndex' });
    const host = registry.url.replace('http://', '');
    const layout = join(directory, `layout-${host.split(':')[1]}`);
    const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    const copy = (from: string, to: string) =>
      promisify(execFile)('skopeo', ['copy', '--all', '--preserve-digests', ...tls, from, to]);
    await copy(`docker://${host}/o/skopeo:v1`, `oci:${layout}:v1`);
    await copy(`oci:${layout}:v1`, `docker://${host}/o/copied:v2`);
    const copied = await get('/v2/o/copied/manifests/v2', { accept });
    expect(copied.headers['docker-content-digest']).toBe(digest);
  });
}

describe('the embedded registry', () => {
  registryContract(() => startEmbedded({ dir: join(directory, 'embedded'), log: silentLog }));

  it('has after a restart what was pushed before', async () => {
    const dir = join(directory, 'restarted');
    const first = await startEmbedded({ dir, log: silentLog });
    const digest = await pushImage(first, 'o/kept:v1');
    const { port } = first;
    await first.close();
    await using second = await startEmbedded({ dir, port, log: silentLog });
    const { headers } = await ask(second, '/v2/o/kept/manifests/v1', { headers: { accept } });
    expect(headers['docker-content-digest']).toBe(digest);
    expect(await readdir(join(dir, 'tmp'))).toEqual([]);
  });

  it('refuses a part of an upload that is out of order, as the specification has it', async () => {
    await using registry = await startEmbedded({ dir: join(directory, 'ordered'), log: silentLog });
    const { headers } = await ask(registry, '/v2/o/parts/blobs/uploads/', { method: 'POST' });
    const part = { method: 'PATCH', headers: { 'content-range': '9-12' }, body: 'late' };
    expect((await ask(registry, String(headers['location']), part)).status).toBe(416);
  });

  it('says that a blob is shorter than what was asked of it', async () => {
    await using registry = await startEmbedded({ dir: join(directory, 'short'), log: silentLog });
    await pushImage(registry, 'o/r:v1');
    const { body } = await ask(registry, '/v2/o/r/manifests/v1', { headers: { accept } });
    const { config } = JSON.parse(body.toString()) as { readonly config: { readonly digest: string } };
    const headers = { range: 'bytes=9999-' };
    expect((await ask(registry, `/v2/o/r/blobs/${config.digest}`, { headers })).status).toBe(416);
  });

  it('answers nobody who names another host', async () => {
    await using registry = await startEmbedded({ dir: join(directory, 'named'), log: silentLog });
    expect((await ask(registry, '/v2/', { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await ask(registry, '/v2/')).status).toBe(200);
  });
});

const why = hasDockerRegistry ? '' : ` (${skipsWithoutDockerRegistry})`;

describe.skipIf(!hasDockerRegistry)(`docker-registry${why}`, () => {
  registryContract(() => startRegistry());
});
