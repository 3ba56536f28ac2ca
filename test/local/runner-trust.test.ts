// The trust rules of a local run, each with its attack: nothing leaves the checkout.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startGitServer } from '../servers/git-server.ts';
import { commitLink, gitSource, workBench } from './work-bench.ts';

const bench = workBench();

describe('nothing leaves the checkout', () => {
  it.each(['..', '../..', 'fn/../..', '/../etc'])('through the sub-path %s', async contextDir => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    await repository.commit();
    const run = bench.perform({ source: gitSource(repository.url, {}, contextDir), image: `${registry.host}/fn` });
    await expect(run).rejects.toMatchObject({ reason: 'PathEscapes' });
  });

  it('through a symbolic link, nor through one that is the sub-path', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    const image = `${registry.host}/fn`;
    await commitLink(repository.directory, 'out', '/etc');
    await expect(bench.perform({ source: gitSource(repository.url), image })).rejects.toMatchObject({
      reason: 'PathEscapes',
    });
    await expect(bench.perform({ source: gitSource(repository.url, {}, 'out'), image })).rejects.toMatchObject({
      reason: 'PathEscapes',
    });
  });

  it('into a submodule, whatever address it names', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    const touched = join(bench.directory, 'touched');
    const modules = `[submodule "x"]\n  path = x\n  url = ext::sh -c "touch ${touched}"\n`;
    await repository.commit({ files: { '.gitmodules': modules, 'main.js': '' } });
    await bench.perform({ source: gitSource(repository.url), image: `${registry.host}/fn` });
    expect(await readdir(bench.directory)).not.toContain('touched');
  });

  it.each(['ext::sh -c "touch /tmp/x"', 'file:///etc', '/etc', 'ssh://git@host/x', 'git@host:x', '-oProxyCommand=x'])(
    'to an address such as %s',
    async url => {
      const run = bench.perform({ source: gitSource(url), image: '127.0.0.1:1/fn' });
      await expect(run).rejects.toMatchObject({ reason: 'RemoteRepositoryUnreachable' });
      expect(bench.git.requests).toEqual([]);
    },
  );

  it('by a redirect to another kind of address', async () => {
    const leading = bench.stack.use(
      await startGitServer({ before: async () => ({ status: 302, headers: { location: 'file:///etc/passwd' } }) }),
    );
    const run = bench.perform({ source: gitSource(`${leading.url}/o/r`), image: '127.0.0.1:1/fn' });
    await expect(run).rejects.toMatchObject({ reason: 'RedirectRefused' });
  });

  it.each(['http://169.254.169.254/latest/meta-data', 'http://[fe80::1]/o/r', 'http://0.0.0.0/o/r'])(
    'to the machine that it runs on, or to what serves its metadata: %s',
    async url => {
      const run = bench.perform({ source: gitSource(url), image: '127.0.0.1:1/fn' });
      await expect(run).rejects.toMatchObject({ reason: 'EgressDenied' });
    },
  );

  it('with a credential over plain HTTP to another machine', async () => {
    bench.credentials = { token: { password: 's3cret' } };
    const run = bench.perform({
      source: gitSource('http://192.0.2.1/o/r', { cloneSecret: 'token' }),
      image: '127.0.0.1:1/fn',
    });
    await expect(run).rejects.toMatchObject({ reason: 'PlainHttpRefused' });
  });
});
