// The work of a local run, against real Git servers and registries: what is fetched, packed and pushed.
import { describe, expect, it } from 'vitest';
import { startGitServer } from '../servers/git-server.ts';
import { pushImage } from '../servers/push-image.ts';
import { hasDockerRegistry, skipsWithoutDockerRegistry, startRegistry } from '../servers/registry.ts';
import { gitSource, pulled, workBench } from './work-bench.ts';

const bench = workBench();

describe('a Git source', () => {
  it('is fetched at its commit, packed and pushed, and the image says that nothing was built', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    const first = await repository.commit({ files: { 'fn/main.js': 'one' } });
    await repository.commit({ files: { 'fn/main.js': 'two' } });
    const image = `${registry.host}/o/fn:v1`;

    const done = await bench.perform({ source: gitSource(repository.url, { revision: first }, 'fn'), image });

    expect(done.message).toBe('packed, not built: strategy buildpacks needs a cluster');
    expect(done.told).toEqual([
      { kind: 'git', commitSha: first, commitAuthor: 'Test', committedAt: '2026-01-01T00:00:01Z' },
    ]);
    const { digest, manifest } = await pulled(registry.url, 'o/fn', 'v1');
    expect(digest).toBe(done.digest);
    expect(manifest.layers[0]?.size).toBe(done.size);
    expect(manifest.annotations).toMatchObject({
      'openfunction.io/packed': done.message,
      'org.opencontainers.image.revision': first,
    });
    const again = await bench.perform({ source: gitSource(repository.url, { revision: first }, 'fn'), image });
    expect(again.digest).toBe(done.digest);
  });

  it.each([
    ['a branch', 'release/1', 'branch'],
    ['a tag', 'v1', 'tag'],
    ['an annotated tag', 'v2', 'annotatedTag'],
    ['a full ref', 'refs/heads/release/1', 'branch'],
  ] as const)('is fetched at %s', async (_, revision, how) => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    const wanted = await repository.commit();
    await repository[how](revision.replace('refs/heads/', ''), wanted);
    await repository.commit();
    const done = await bench.perform({ source: gitSource(repository.url, { revision }), image: `${registry.host}/fn` });
    expect(done.told).toMatchObject([{ commitSha: wanted }]);
  });

  it('without a revision is fetched at the default branch, which is told', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r', { defaultBranch: 'trunk' });
    const commitSha = await repository.commit({ branch: 'trunk' });
    const done = await bench.perform({ source: gitSource(repository.url), image: `${registry.host}/fn` });
    expect(done.told).toMatchObject([{ commitSha, branchName: 'trunk' }]);
  });

  it('is found by a shortened id, and by one that no branch leads to directly', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    const [first] = [await repository.commit(), await repository.commit(), await repository.commit()];
    const revision = first.slice(0, 9);
    const done = await bench.perform({ source: gitSource(repository.url, { revision }), image: `${registry.host}/fn` });
    expect(done.told).toMatchObject([{ commitSha: first }]);
    bench.git.manners = 'v0';
    const old = await bench.perform({
      source: gitSource(repository.url, { revision: first }),
      image: `${registry.host}/fn`,
    });
    expect(old.digest).toBe(done.digest);
  });

  it('of a repository in sha256 is fetched by its id', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r', { objectFormat: 'sha256' });
    const revision = await repository.commit();
    const done = await bench.perform({ source: gitSource(repository.url, { revision }), image: `${registry.host}/fn` });
    expect(done.told).toMatchObject([{ commitSha: revision }]);
  });

  it('that was fetched before is fetched at the same commit, wherever its branch went', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    const commitSha = await repository.commit();
    await repository.commit();
    const known = { git: { commitSha, branchName: 'main' } };
    const done = await bench.perform({ source: gitSource(repository.url), image: `${registry.host}/fn`, known });
    expect(done.told).toMatchObject([{ commitSha, branchName: 'main' }]);
  });

  it('is followed to where its repository was moved', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    await repository.commit();
    const { url } = repository;
    await repository.rename('o/renamed');
    await expect(bench.perform({ source: gitSource(url), image: `${registry.host}/fn` })).resolves.toBeTruthy();
  });

  it.each([
    ['unknown', 'GitRevisionNotFound'],
    ['0123456789012345678901234567890123456789', 'GitRevisionNotFound'],
    ['main:other', 'GitRevisionNotFound'],
    ['--upload-pack=touch /tmp/x', 'GitRevisionNotFound'],
    ['a..b', 'GitRevisionNotFound'],
  ])('without the revision %j is a failure that says so', async (revision, reason) => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    await repository.commit();
    const run = bench.perform({ source: gitSource(repository.url, { revision }), image: `${registry.host}/fn` });
    await expect(run).rejects.toMatchObject({ name: 'TerminalError', reason });
  });

  it('that is private needs the right password, which is never told', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r', { isPrivate: true });
    bench.git.accounts.set('s3cret-password', 'robot');
    await repository.commit();
    const source = gitSource(repository.url, { cloneSecret: 'token' });
    const image = `${registry.host}/fn`;
    bench.credentials = { token: { username: 'robot', password: 's3cret-password' } };
    const done = await bench.perform({ source, image });
    expect(JSON.stringify(done)).not.toContain('s3cret-password');
    bench.credentials = { token: { username: 'robot', password: 'wr0ng-password' } };
    const refused = await bench.perform({ source, image }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: 'Unauthorized' });
    expect(String(refused)).not.toContain('wr0ng-password');
  });

  it('does not take its credential to another host', async () => {
    const registry = await bench.registry();
    const other = bench.stack.use(await startGitServer());
    const target = await other.repository('o/r');
    await target.commit();
    const leading = bench.stack.use(
      await startGitServer({
        before: async ({ url }) => ({
          status: 302,
          headers: { location: `${target.url}.git/${url.pathname.split('/').slice(3).join('/')}${url.search}` },
        }),
      }),
    );
    bench.credentials = { token: { password: 's3cret' } };
    const source = gitSource(`${leading.url}/o/r`, { cloneSecret: 'token' });
    await bench.perform({ source, image: `${registry.host}/fn` });
    expect(other.requests.length).toBeGreaterThan(1);
    expect(other.requests.filter(({ headers }) => headers['authorization'] !== undefined)).toEqual([]);
  });

  it('over TLS is fetched with the authority that the Secret brings, and not without', async () => {
    const registry = await bench.registry();
    const secure = bench.stack.use(await startGitServer({ tls: true }));
    const repository = await secure.repository('o/r');
    await repository.commit();
    const source = gitSource(repository.url, { cloneSecret: 'ca' });
    bench.credentials = { ca: { password: 'x', ca: secure.ca ?? '' } };
    secure.accounts.set('x', undefined);
    await expect(bench.perform({ source, image: `${registry.host}/fn` })).resolves.toBeTruthy();
    const without = bench.perform({ source: gitSource(repository.url), image: `${registry.host}/fn` });
    await expect(without).rejects.toMatchObject({ reason: 'TlsError' });
  });
});

describe('a bundle image', () => {
  it('is unpacked, and its directory packed and pushed', async () => {
    const registry = await bench.registry();
    const bundle = await pushImage({ url: registry.url }, 'o/bundle:v1', { files: { 'fn/main.js': 'one' } });
    const source = { type: 'OCI', ociArtifact: { image: `${registry.host}/o/bundle:v1` }, contextDir: 'fn' };
    const done = await bench.perform({ source, image: `${registry.host}/o/fn:v1` });
    expect(done.told).toEqual([{ kind: 'oci', digest: bundle }]);
    expect((await pulled(registry.url, 'o/fn', 'v1')).digest).toBe(done.digest);
    await pushImage({ url: registry.url }, 'o/bundle:v1', { files: { 'fn/main.js': 'two' } });
    const pinned = { ...source, ociArtifact: { image: `${registry.host}/o/bundle@${bundle}` } };
    const again = await bench.perform({
      source,
      image: `${registry.host}/o/fn:v1`,
      known: { ociArtifact: { digest: bundle } },
    });
    expect(again.digest).toBe(done.digest);
    expect((await bench.perform({ source: pinned, image: `${registry.host}/o/fn:v1` })).told).toEqual(done.told);
  });

  it('whose layers lead outside is refused', async () => {
    const registry = await bench.registry();
    await pushImage({ url: registry.url }, 'o/bad:v1', { files: { '../planted': 'x' } });
    const source = { type: 'OCI', ociArtifact: { image: `${registry.host}/o/bad:v1` } };
    const run = bench.perform({ source, image: `${registry.host}/o/fn` });
    await expect(run).rejects.toMatchObject({ reason: 'UnsafeArchive' });
  });

  it('that is absent is a failure that names it', async () => {
    const registry = await bench.registry();
    const source = { type: 'OCI', ociArtifact: { image: `${registry.host}/o/none:v1` } };
    const run = bench.perform({ source, image: `${registry.host}/o/fn` });
    await expect(run).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

const why = hasDockerRegistry ? '' : ` (${skipsWithoutDockerRegistry})`;

describe.skipIf(!hasDockerRegistry)(`a real registry takes what is packed${why}`, () => {
  it.each([
    ['open', {}],
    ['behind a password', { auth: 'htpasswd' }],
    ['behind tokens', { auth: 'token' }],
    ['with TLS', { auth: 'htpasswd', tls: true }],
  ] as const)('%s', async (_, options) => {
    const registry = bench.stack.use(await startRegistry(options));
    const repository = await bench.git.repository('o/r');
    await repository.commit();
    bench.credentials = {
      push: { username: registry.user, password: 'right', ...(registry.ca ? { ca: registry.ca } : {}) },
    };
    const output = { pushSecret: 'push' };
    const done = await bench.perform({ source: gitSource(repository.url), image: `${registry.host}/o/fn:v1`, output });
    expect(done.digest).toMatch(/^sha256:/);
    if (!('auth' in options)) {
      expect((await pulled(registry.url, 'o/fn', 'v1')).digest).toBe(done.digest);
      return;
    }
    bench.credentials = {
      push: { username: registry.user, password: 'wrong', ...(registry.ca ? { ca: registry.ca } : {}) },
    };
    const refused = bench.perform({ source: gitSource(repository.url), image: `${registry.host}/o/fn:v1`, output });
    await expect(refused).rejects.toMatchObject({ reason: 'Unauthorized' });
  });
});

it('a run that is given up ends at once, with what it started', async () => {
  const stopping = new AbortController();
  const stuck = bench.stack.use(
    await startGitServer({
      before: ({ method }) => {
        if (method !== 'POST') return Promise.resolve(undefined);
        stopping.abort('cancelled');
        return new Promise(() => {});
      },
    }),
  );
  const repository = await stuck.repository('o/r');
  await repository.commit();
  const run = bench.perform({ source: gitSource(repository.url), image: '127.0.0.1:1/fn', signal: stopping.signal });
  await expect(run).rejects.toBe('cancelled');
});

it('says when there is no git', async () => {
  const repository = await bench.git.repository('o/r');
  await repository.commit();
  const run = bench.perform({ source: gitSource(repository.url), image: '127.0.0.1:1/fn', path: bench.directory });
  await expect(run).rejects.toMatchObject({ name: 'TerminalError', reason: 'GitMissing' });
});
