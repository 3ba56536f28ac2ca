// The work of a local run, against real Git servers and registries: what is fetched, packed and pushed, and what never leaves the checkout.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRegistry as startEmbeddedRegistry } from '../../src/local/registry/server.ts';
import { openRunLog } from '../../src/local/runner/run-log.ts';
import type { RunSource } from '../../src/local/runner/run-status.ts';
import { Worker, type WorkOrder } from '../../src/local/runner/work.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createHttp } from '../../src/platform/http/client.ts';
import { egressPolicy } from '../../src/platform/http/egress.ts';
import { createMemoryState } from '../../src/platform/state/memory.ts';
import type { Credential } from '../../src/revision/provider.ts';
import { silentLog } from '../servers/api-server.ts';
import { gitEnvironment } from '../servers/git-repository.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { ask, pushImage, tarOf } from '../servers/push-image.ts';
import { hasDockerRegistry, skipsWithoutDockerRegistry, startRegistry } from '../servers/registry.ts';

const usualPath = process.env['PATH'] ?? '/usr/bin:/bin';
let directory = '';
let stack: AsyncDisposableStack;
let git: GitServer;
let credentials: Readonly<Record<string, Credential>>;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  directory = await mkdtemp(join(tmpdir(), 'revflow-work-'));
  git = stack.use(await startGitServer());
  credentials = {};
});
afterEach(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

function worker(path: string): Worker {
  const egress = egressPolicy({ allow: [], deny: [], loopback: true, refuse: [] });
  const http = stack.use(createHttp({ clock: systemClock, log: silentLog, userAgent: 'test', proxies: {}, egress }));
  const resolve = async (secret: { readonly name: string } | undefined) => {
    const credential = secret && credentials[secret.name];
    return { credential, credentialId: secret?.name ?? 'anonymous', warnings: [] };
  };
  const memory = stack.use(createMemoryState({ clock: systemClock }));
  return new Worker({ http, egress, memory, credentials: { resolve }, clock: systemClock, programPath: path });
}

let runs = 0;

type Parts = Partial<WorkOrder> & {
  readonly source: object;
  readonly image: string;
  readonly output?: object;
  readonly path?: string;
};

async function perform({ source, image, output = {}, path = usualPath, ...rest }: Parts) {
  runs += 1;
  const own = join(directory, `run-${runs}`);
  await mkdir(own);
  const log = openRunLog(join(directory, 'logs', `${runs}.log`), systemClock);
  const told: RunSource[] = [];
  const spec = { source, strategy: { name: 'buildpacks' }, output: { image, ...output } };
  const order = {
    spec,
    namespace: 'default',
    known: undefined,
    directory: own,
    signal: AbortSignal.timeout(20_000),
    log,
  };
  const result = await worker(path).perform({
    ...order,
    fetched: async one => void told.push(one),
    ...rest,
  } as WorkOrder);
  return { ...result, told, log: log.tail(50) };
}

async function embedded() {
  return stack.use(await startEmbeddedRegistry({ dir: join(directory, 'registry'), log: silentLog }));
}

interface Manifest {
  readonly annotations: Readonly<Record<string, string>>;
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

async function pulled(url: string, repository: string, tag: string) {
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
  const answer = await ask({ url }, `/v2/${repository}/manifests/${tag}`, { headers });
  return { digest: answer.headers['docker-content-digest'], manifest: JSON.parse(answer.body.toString()) as Manifest };
}

const gitSource = (url: string, more: object = {}, contextDir?: string) => ({
  type: 'Git',
  git: { url, ...more },
  ...(contextDir === undefined ? {} : { contextDir }),
});

describe('a Git source', () => {
  it('is fetched at its commit, packed and pushed, and the image says that nothing was built', async () => {
    const registry = await embedded();
    const repository = await git.repository('o/r');
    const first = await repository.commit({ files: { 'fn/main.js': 'one' } });
    await repository.commit({ files: { 'fn/main.js': 'two' } });
    const image = `${registry.host}/o/fn:v1`;

    const done = await perform({ source: gitSource(repository.url, { revision: first }, 'fn'), image });

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
    const again = await perform({ source: gitSource(repository.url, { revision: first }, 'fn'), image });
    expect(again.digest).toBe(done.digest);
  });

  it.each([
    ['a branch', 'release/1', 'branch'],
    ['a tag', 'v1', 'tag'],
    ['an annotated tag', 'v2', 'annotatedTag'],
    ['a full ref', 'refs/heads/release/1', 'branch'],
  ] as const)('is fetched at %s', async (_, revision, how) => {
    const registry = await embedded();
    const repository = await git.repository('o/r');
    const wanted = await repository.commit();
    await repository[how](revision.replace('refs/heads/', ''), wanted);
    await repository.commit();
    const done = await perform({ source: gitSource(repository.url, { revision }), image: `${registry.host}/fn` });
    expect(done.told).toMatchObject([{ commitSha: wanted }]);
  });

  it('without a revision is fetched at the default branch, which is told', async () => {
    const registry = await embedded();
    const repository = await git.repository('o/r', { defaultBranch: 'trunk' });
    const commitSha = await repository.commit({ branch: 'trunk' });
    const done = await perform({ source: gitSource(repository.url), image: `${registry.host}/fn` });
    expect(done.told).toMatchObject([{ commitSha, branchName: 'trunk' }]);
  });

  it('is found by a shortened id, and by one that no branch leads to directly', async () => {
    const registry = await embedded();
    const repository = await git.repository('o/r');
    const [first] = [await repository.commit(), await repository.commit(), await repository.commit()];
    const revision = first.slice(0, 9);
    const done = await perform({ source: gitSource(repository.url, { revision }), image: `${registry.host}/fn` });
    expect(done.told).toMatchObject([{ commitSha: first }]);
    git.manners = 'v0';
    const old = await perform({ source: gitSource(repository.url, { revision: first }), image: `${registry.host}/fn` });
    expect(old.digest).toBe(done.digest);
  });

  it('of a repository in sha256 is fetched by its id', async () => {
    const registry = await embedded();
    const repository = await git.repository('o/r', { objectFormat: 'sha256' });
    const revision = await repository.commit();
    const done = await perform({ source: gitSource(repository.url, { revision }), image: `${registry.host}/fn` });
    expect(done.told).toMatchObject([{ commitSha: revision }]);
  });

  it('that was fetched before is fetched at the same commit, wherever its branch went', async () => {
    const registry = await embedded();
    const repository = await git.repository('o/r');
    const commitSha = await repository.commit();
    await repository.commit();
    const known = { git: { commitSha, branchName: 'main' } };
    const done = await perform({ source: gitSource(repository.url), image: `${registry.host}/fn`, known });
    expect(done.told).toMatchObject([{ commitSha, branchName: 'main' }]);
  });

  it('is followed to where its repository was moved', async () => {
    const registry = await embedded();
    const repository = await git.repository('o/r');
    await repository.commit();
    const { url } = repository;
    await repository.rename('o/renamed');
    await expect(perform({ source: gitSource(url), image: `${registry.host}/fn` })).resolves.toBeTruthy();
  });

  it.each([
    ['unknown', 'GitRevisionNotFound'],
    ['0123456789012345678901234567890123456789', 'GitRevisionNotFound'],
    ['main:other', 'GitRevisionNotFound'],
    ['--upload-pack=touch /tmp/x', 'GitRevisionNotFound'],
    ['a..b', 'GitRevisionNotFound'],
  ])('without the revision %j is a failure that says so', async (revision, reason) => {
    const registry = await embedded();
    const repository = await git.repository('o/r');
    await repository.commit();
    const run = perform({ source: gitSource(repository.url, { revision }), image: `${registry.host}/fn` });
    await expect(run).rejects.toMatchObject({ name: 'TerminalError', reason });
  });

  it('that is private needs the right password, which is never told', async () => {
    const registry = await embedded();
    const repository = await git.repository('o/r', { isPrivate: true });
    git.accounts.set('s3cret-password', 'robot');
    await repository.commit();
    const source = gitSource(repository.url, { cloneSecret: 'token' });
    const image = `${registry.host}/fn`;
    credentials = { token: { username: 'robot', password: 's3cret-password' } };
    const done = await perform({ source, image });
    expect(JSON.stringify(done)).not.toContain('s3cret-password');
    credentials = { token: { username: 'robot', password: 'wr0ng-password' } };
    const refused = await perform({ source, image }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: 'Unauthorized' });
    expect(String(refused)).not.toContain('wr0ng-password');
  });

  it('does not take its credential to another host', async () => {
    const registry = await embedded();
    const other = stack.use(await startGitServer());
    const target = await other.repository('o/r');
    await target.commit();
    const leading = stack.use(
      await startGitServer({
        before: async ({ url }) => ({
          status: 302,
          headers: { location: `${target.url}.git/${url.pathname.split('/').slice(3).join('/')}${url.search}` },
        }),
      }),
    );
    credentials = { token: { password: 's3cret' } };
    const source = gitSource(`${leading.url}/o/r`, { cloneSecret: 'token' });
    await perform({ source, image: `${registry.host}/fn` });
    expect(other.requests.length).toBeGreaterThan(1);
    expect(other.requests.filter(({ headers }) => headers['authorization'] !== undefined)).toEqual([]);
  });

  it('over TLS is fetched with the authority that the Secret brings, and not without', async () => {
    const registry = await embedded();
    const secure = stack.use(await startGitServer({ tls: true }));
    const repository = await secure.repository('o/r');
    await repository.commit();
    const source = gitSource(repository.url, { cloneSecret: 'ca' });
    credentials = { ca: { password: 'x', ca: secure.ca ?? '' } };
    secure.accounts.set('x', undefined);
    await expect(perform({ source, image: `${registry.host}/fn` })).resolves.toBeTruthy();
    const without = perform({ source: gitSource(repository.url), image: `${registry.host}/fn` });
    await expect(without).rejects.toMatchObject({ reason: 'TlsError' });
  });
});

describe('nothing leaves the checkout', () => {
  it.each(['..', '../..', 'fn/../..', '/../etc'])('through the sub-path %s', async contextDir => {
    const registry = await embedded();
    const repository = await git.repository('o/r');
    await repository.commit();
    const run = perform({ source: gitSource(repository.url, {}, contextDir), image: `${registry.host}/fn` });
    await expect(run).rejects.toMatchObject({ reason: 'PathEscapes' });
  });

  it('through a symbolic link, nor through one that is the sub-path', async () => {
    const registry = await embedded();
    const repository = await git.repository('o/r');
    const image = `${registry.host}/fn`;
    await link(repository.directory, 'out', '/etc');
    await expect(perform({ source: gitSource(repository.url), image })).rejects.toMatchObject({
      reason: 'PathEscapes',
    });
    await expect(perform({ source: gitSource(repository.url, {}, 'out'), image })).rejects.toMatchObject({
      reason: 'PathEscapes',
    });
  });

  it('into a submodule, whatever address it names', async () => {
    const registry = await embedded();
    const repository = await git.repository('o/r');
    const touched = join(directory, 'touched');
    const modules = `[submodule "x"]\n  path = x\n  url = ext::sh -c "touch ${touched}"\n`;
    await repository.commit({ files: { '.gitmodules': modules, 'main.js': '' } });
    await perform({ source: gitSource(repository.url), image: `${registry.host}/fn` });
    expect(await readdir(directory)).not.toContain('touched');
  });

  it.each(['ext::sh -c "touch /tmp/x"', 'file:///etc', '/etc', 'ssh://git@host/x', 'git@host:x', '-oProxyCommand=x'])(
    'to an address such as %s',
    async url => {
      const run = perform({ source: gitSource(url), image: '127.0.0.1:1/fn' });
      await expect(run).rejects.toMatchObject({ reason: 'RemoteRepositoryUnreachable' });
      expect(git.requests).toEqual([]);
    },
  );

  it('by a redirect to another kind of address', async () => {
    const leading = stack.use(
      await startGitServer({ before: async () => ({ status: 302, headers: { location: 'file:///etc/passwd' } }) }),
    );
    const run = perform({ source: gitSource(`${leading.url}/o/r`), image: '127.0.0.1:1/fn' });
    await expect(run).rejects.toMatchObject({ reason: 'RedirectRefused' });
  });
});

describe('a bundle image', () => {
  it('is unpacked, and its directory packed and pushed', async () => {
    const registry = await embedded();
    const bundle = await pushImage({ url: registry.url }, 'o/bundle:v1', { files: { 'fn/main.js': 'one' } });
    const source = { type: 'OCI', ociArtifact: { image: `${registry.host}/o/bundle:v1` }, contextDir: 'fn' };
    const done = await perform({ source, image: `${registry.host}/o/fn:v1` });
    expect(done.told).toEqual([{ kind: 'oci', digest: bundle }]);
    expect((await pulled(registry.url, 'o/fn', 'v1')).digest).toBe(done.digest);
    await pushImage({ url: registry.url }, 'o/bundle:v1', { files: { 'fn/main.js': 'two' } });
    const pinned = { ...source, ociArtifact: { image: `${registry.host}/o/bundle@${bundle}` } };
    const again = await perform({
      source,
      image: `${registry.host}/o/fn:v1`,
      known: { ociArtifact: { digest: bundle } },
    });
    expect(again.digest).toBe(done.digest);
    expect((await perform({ source: pinned, image: `${registry.host}/o/fn:v1` })).told).toEqual(done.told);
  });

  it('whose layers lead outside is refused', async () => {
    const registry = await embedded();
    await pushImage({ url: registry.url }, 'o/bad:v1', { files: { '../planted': 'x' } });
    const source = { type: 'OCI', ociArtifact: { image: `${registry.host}/o/bad:v1` } };
    const run = perform({ source, image: `${registry.host}/o/fn` });
    await expect(run).rejects.toMatchObject({ reason: 'UnsafeArchive' });
    expect(await readdir(directory)).not.toContain('planted');
    expect(tarOf({ '../planted': 'x' }).toString('latin1', 0, 10)).toBe('../planted');
  });

  it('that is absent is a failure that names it', async () => {
    const registry = await embedded();
    const source = { type: 'OCI', ociArtifact: { image: `${registry.host}/o/none:v1` } };
    const run = perform({ source, image: `${registry.host}/o/fn` });
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
    const registry = stack.use(await startRegistry(options));
    const repository = await git.repository('o/r');
    await repository.commit();
    credentials = { push: { username: registry.user, password: 'right', ...(registry.ca ? { ca: registry.ca } : {}) } };
    const output = { pushSecret: 'push' };
    const done = await perform({ source: gitSource(repository.url), image: `${registry.host}/o/fn:v1`, output });
    expect(done.digest).toMatch(/^sha256:/);
    if (!('auth' in options)) {
      expect((await pulled(registry.url, 'o/fn', 'v1')).digest).toBe(done.digest);
      return;
    }
    credentials = { push: { username: registry.user, password: 'wrong', ...(registry.ca ? { ca: registry.ca } : {}) } };
    const refused = perform({ source: gitSource(repository.url), image: `${registry.host}/o/fn:v1`, output });
    await expect(refused).rejects.toMatchObject({ reason: 'Unauthorized' });
  });
});

it('a run that is given up ends at once, with what it started', async () => {
  const stopping = new AbortController();
  const stuck = stack.use(
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
  const run = perform({ source: gitSource(repository.url), image: '127.0.0.1:1/fn', signal: stopping.signal });
  await expect(run).rejects.toBe('cancelled');
});

it('says when there is no git', async () => {
  const repository = await git.repository('o/r');
  await repository.commit();
  const run = perform({ source: gitSource(repository.url), image: '127.0.0.1:1/fn', path: directory });
  await expect(run).rejects.toMatchObject({ name: 'TerminalError', reason: 'GitMissing' });
});

/** A commit with a symbolic link, made by git itself. */
async function link(bare: string, name: string, target: string): Promise<void> {
  const running = promisify(execFile)('git', ['-C', bare, 'fast-import', '--quiet', '--force'], {
    env: gitEnvironment,
  });
  const lines = ['commit refs/heads/main', 'committer T <t@t> 1767225700 +0000', 'data 4', 'link'];
  running.child.stdin?.end([...lines, `M 120000 inline ${name}`, `data ${target.length}`, target, ''].join('\n'));
  await running;
}
