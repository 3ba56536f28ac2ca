// A Dockerfile is really built in local mode, by the buildah that is installed. All of them begin with scratch: no network is needed.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { noInputs } from '../../src/local/runner/inputs.ts';
import { ask } from '../servers/push-image.ts';
import { commitLink, gitSource, pulled, workBench } from './work-bench.ts';

const bench = workBench();
const folders = (process.env['PATH'] ?? '').split(delimiter);
const has = (program: string) => folders.some(folder => existsSync(join(folder, program)));
const hasBuildah = has('buildah');
const hasSkopeo = has('skopeo');
const run = promisify(execFile);
const why = hasBuildah ? '' : ' (skipped: buildah is not installed; apt-get install -y buildah)';

const strategy = { name: 'buildah', kind: 'ClusterBuildStrategy' };
const dockerfile = 'FROM scratch\nARG VERSION=none\nLABEL version=$VERSION\nCOPY main.js /app/main.js\n';

interface Config {
  readonly config: { readonly Labels: Readonly<Record<string, string>> };
}

/** Builds what a repository holds; the image's config and manifest beside what the work says. */
async function build(files: Record<string, string>, order: BuildOrder = {}) {
  const registry = await bench.registry();
  const repository = await bench.git.repository('o/r');
  const commit = await repository.commit({ files });
  const { inputs = {}, contextDir, output = {}, name = 'buildah' } = order;
  const image = `${registry.host}/o/fn:v1`;
  const source = gitSource(repository.url, {}, contextDir);
  const asked = { source, image, output, strategy: { ...strategy, name }, inputs: { ...noInputs, ...inputs } };
  const done = await bench.perform(asked);
  const { digest, manifest } = await pulled(registry.url, 'o/fn', 'v1');
  const config = await ask({ url: registry.url }, `/v2/o/fn/blobs/${manifest.config.digest}`);
  return { done, digest, manifest, commit, config: JSON.parse(config.body.toString()) as Config };
}

/** A shell with what it is linked to, as a layer: a build has no network here. */
async function shellArchive(): Promise<string> {
  const { stdout } = await run('ldd', ['/bin/sh']);
  const libraries = [...stdout.matchAll(/(\/\S+) \(/g)].map(([, path = '']) => path.slice(1));
  const archive = join(bench.directory, 'shell.tar');
  await run('tar', ['--create', '--dereference', '--file', archive, '--directory', '/', 'bin/sh', ...libraries]);
  return archive;
}

interface BuildOrder {
  readonly inputs?: Partial<typeof noInputs>;
  readonly contextDir?: string;
  readonly output?: object;
  readonly name?: string;
}

describe.skipIf(!hasBuildah)(`a Dockerfile${why}`, () => {
  it('is built and pushed, and the digest is that of the registry; the image says where it comes from', async () => {
    const { done, digest, manifest, config, commit } = await build(
      { 'fn/Dockerfile': dockerfile, 'fn/main.js': 'one' },
      { contextDir: 'fn', output: { labels: { team: 'shop' }, annotations: { team: 'shop' } } },
    );
    expect(done).toMatchObject({ digest, message: 'built by buildah' });
    expect(done.size).toBe(manifest.layers.reduce((sum, { size }) => sum + size, 0));
    expect(config.config.Labels).toMatchObject({ version: 'none', team: 'shop' });
    expect(manifest.annotations).toMatchObject({ team: 'shop', 'org.opencontainers.image.revision': commit });
    expect(manifest.annotations).not.toHaveProperty('openfunction.io/packed');
    expect(done.log.join('\n')).toContain('COPY main.js /app/main.js');
  });

  it.each(['FROM $FROM', 'FROM {}', 'FROM scratch\nCOPY --from={} /bin/sh /x'])(
    'gets no image from the files of this machine: %s',
    async text => {
      const from = `tarball:${await shellArchive()}`;
      const failing = build({
        Dockerfile: `ARG FROM=${from}\n${text.replace('{}', from)}\nLABEL a=b\n`,
        'main.js': '',
      });
      await expect(failing).rejects.toMatchObject({ reason: 'BuildFailed' });
    },
  );

  it.skipIf(!hasSkopeo)('has processes of its own: its commands reach none of this machine', async () => {
    const registry = await bench.registry();
    const base = `${registry.host}/base/shell:v1`;
    const to = ['--insecure-policy', 'copy', '--quiet', '--dest-tls-verify=false', `tarball:${await shellArchive()}`];
    await run('skopeo', [...to, `docker://${base}`]);
    const command = `kill -0 ${process.pid} 2>/dev/null && echo this machine || echo none of it; echo as $$; (while :; do :; done) &`;
    const repository = await bench.git.repository('o/r');
    await repository.commit({ files: { Dockerfile: `FROM ${base}\nRUN ${command}\n` } });
    const source = gitSource(repository.url);
    const { log } = await bench.perform({ source, image: `${registry.host}/o/fn:v1`, strategy });
    expect(log).toContain('none of it');
    expect(log).not.toContain('this machine');
  });

  it('is found by its parameter, and takes arguments, some of them from variables or Secrets, as they are', async () => {
    const value = `a"b' $(x) $$ #`;
    const { config } = await build(
      { 'docker/Own.in': `${dockerfile}ARG TOKEN\nARG NAMED\nLABEL named=$NAMED token=$TOKEN\n`, 'main.js': '' },
      {
        inputs: {
          texts: new Map([['dockerfile', 'docker/Own.in']]),
          lists: new Map([['build-args', [`VERSION=${value}`, 'NAMED', 'TOKEN=hush', 'MISSING']]]),
          env: new Map([['NAMED', 'from env']]),
          secrets: ['hush'],
        },
      },
    );
    expect(config.config.Labels).toMatchObject({ version: value, named: 'from env', token: 'hush' });
  });

  it('of wasmedge is annotated as its strategy does', async () => {
    const { manifest } = await build({ Dockerfile: dockerfile, 'main.js': '' }, { name: 'wasmedge' });
    expect(manifest.annotations).toMatchObject({ 'module.wasm.image/variant': 'compat-smart' });
  });

  it('that fails ends the run, and the log says why', async () => {
    const failing = build({ Dockerfile: 'FROM scratch\nCOPY nothing /x\n' });
    await expect(failing).rejects.toMatchObject({ reason: 'BuildFailed', message: 'buildah bud ended with 125' });
  });

  it.each([
    ['that is not there', {}, 'Dockerfile', 'DockerfileNotFound'],
    ['outside of what is built', { 'fn/main.js': '', Dockerfile: dockerfile }, '../Dockerfile', 'PathEscapes'],
  ])('%s is refused', async (_, files, path, reason) => {
    const more = { 'fn/main.js': '', 'main.js': '', ...files };
    const contextDir = path.startsWith('..') ? { contextDir: 'fn' } : {};
    const inputs = { texts: new Map([['dockerfile', path]]) };
    await expect(build(more, { inputs, ...contextDir })).rejects.toMatchObject({ reason });
  });

  it.each([
    '--mount=',
    '--mo\\\nunt=',
    '--mo\\\n# words\n\n  # more\r\nunt=',
    '--m"ou"nt=',
    "--'mount'=",
    '--mo\\unt=',
  ])('with RUN %j is refused', async flag => {
    const failing = build({ Dockerfile: `FROM scratch\nRUN ${flag}type=bind,source=/,target=/x true\n` });
    await expect(failing).rejects.toMatchObject({ reason: 'DockerfileRefused' });
  });

  it('of a source with a link that leaves it is refused before buildah sees it', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    await repository.commit({ files: { Dockerfile: 'FROM scratch\nCOPY link /x\n' } });
    await commitLink(repository.directory, 'link', '/etc/hostname');
    const image = `${registry.host}/o/fn:v1`;
    const source = gitSource(repository.url);
    const performed = bench.perform({ source, image, strategy });
    await expect(performed).rejects.toMatchObject({ reason: 'PathEscapes' });
  });

  it('is given up when its run is stopped, with everything that it started', async () => {
    const asked = Promise.withResolvers<Socket>();
    const server = createServer(({ socket }) => asked.resolve(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    bench.stack.defer(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const stopping = new AbortController();
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    await repository.commit({ files: { Dockerfile: `FROM scratch\nADD http://127.0.0.1:${port}/never /x\n` } });
    const source = gitSource(repository.url);
    const performed = bench.perform({ source, image: `${registry.host}/o/fn:v1`, strategy, signal: stopping.signal });
    const closed = asked.promise.then(socket => once(socket, 'close'));
    await Promise.race([asked.promise, performed]);
    stopping.abort('cancelled');
    await expect(performed).rejects.toBe('cancelled');
    await closed;
  });
});

describe('where buildah is not installed', () => {
  it('the run of a Dockerfile says so, and the one line that installs it', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    await repository.commit({ files: { Dockerfile: dockerfile, 'main.js': '' } });
    const path = join(bench.directory, 'bin');
    await mkdir(path);
    const git = folders.map(folder => join(folder, 'git')).find(file => existsSync(file)) ?? '';
    await symlink(git, join(path, 'git'));
    const image = `${registry.host}/o/fn:v1`;
    const source = gitSource(repository.url);
    await expect(bench.perform({ source, image, strategy, path })).rejects.toMatchObject({
      reason: 'BuildahMissing',
      message: 'a Dockerfile is built by buildah, which is not on the PATH: apt-get install -y buildah, then rebuild',
    });
  });
});
