// The trust rules of local mode, each with its attacks. `..`, symbolic links, submodules, `ext::`, `file://` and metadata addresses are in
// test/local/runner-trust.test.ts; layers that lead outside in test/local/runner-work.test.ts; the permissions of the state directory in
// test/local/state-dir.test.ts and test/hostile/local-secrets.test.ts; Host headers of registry and Git server beside their tests.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { serveHealth } from '../../src/app/health.ts';
import { startApiServer } from '../../src/local/api-server/server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { gitSource, workBench } from '../local/work-bench.ts';
import { silentLog } from '../servers/api-server.ts';
import { gitEnvironment } from '../servers/git-repository.ts';

const bench = workBench();

describe('a repository that would have git run something', () => {
  /** Whether anything of the bench's directory has this name. */
  const touched = async () =>
    (await readdir(bench.directory, { recursive: true })).filter(name => name.includes('touched'));

  it('by filters, of LFS or of its own, is packed as it is', async () => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    const command = `touch ${join(bench.directory, 'touched')}`;
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 9\n`;
    const files = {
      '.gitattributes': '* filter=evil diff=evil merge=evil\n*.bin filter=lfs -text\n',
      '.lfsconfig': `[lfs]\n  url = ${bench.git.url}/lfs\n`,
      '.gitconfig': `[filter "evil"]\n  smudge = ${command}\n[core]\n  hooksPath = hooks\n  fsmonitor = ${command}\n`,
      'hooks/post-checkout': `#!/bin/sh\n${command}\n`,
      '.githooks/post-checkout': `#!/bin/sh\n${command}\n`,
      'large.bin': pointer,
    };
    await repository.commit({ files });
    await bench.perform({ source: gitSource(repository.url), image: `${registry.host}/fn` });
    expect(await touched()).toEqual([]);
    expect(bench.git.requests.filter(({ url }) => url.includes('lfs'))).toEqual([]);
  });

  it.each(['.git', '.GIT', 'git~1', '.git '])('by a file of its own below %s, is not checked out', async name => {
    const registry = await bench.registry();
    const repository = await bench.git.repository('o/r');
    await repository.commit();
    const hook = `#!/bin/sh\ntouch ${join(bench.directory, 'touched')}\n`;
    await commitTree(repository.directory, name, hook);
    const run = bench.perform({ source: gitSource(repository.url), image: `${registry.host}/fn` });
    await expect(run).rejects.toMatchObject({ reason: 'GitError' });
    expect(await touched()).toEqual([]);
  });

  it.each([
    '--upload-pack=touch touched',
    '-oProxyCommand=touch',
    '--output=touched',
    '-c core.fsmonitor=touch',
    'main:refs/heads/touched',
    '+main',
    'main touched',
    'main\n--upload-pack=touch',
    'HEAD^{/touched}',
    '@{-1}',
    'refs/heads/../../touched',
  ])('by a revision such as %j, is not even asked for it, or has no such ref', async revision => {
    const repository = await bench.git.repository('o/r');
    await repository.commit();
    const run = bench.perform({ source: gitSource(repository.url, { revision }), image: '127.0.0.1:1/fn' });
    await expect(run).rejects.toMatchObject({ reason: 'GitRevisionNotFound' });
    expect(await touched()).toEqual([]);
  });

  it.each([
    'o/r"\n[core]\n\tfsmonitor = touch touched\n[x "',
    'o/r --upload-pack=touch',
    '--upload-pack=touch/r',
    'o/%0a[core]%0afsmonitor=touch',
    'o/r;touch touched',
    'o/$(touch touched)',
  ])('by an address such as %j, gives git no option and no setting', async path => {
    const run = bench.perform({ source: gitSource(`${bench.git.url}/${path}`), image: '127.0.0.1:1/fn' });
    await expect(run).rejects.toBeInstanceOf(Error);
    expect(await touched()).toEqual([]);
    expect((await readdir('.')).filter(name => name.includes('touched'))).toEqual([]);
  });
});

/** A commit whose tree holds a directory that git itself would not add. */
async function commitTree(bare: string, name: string, hook: string): Promise<void> {
  const git = async (args: readonly string[], input?: string | Buffer) => {
    const running = promisify(execFile)('git', ['-C', bare, ...args], { env: gitEnvironment });
    if (input === undefined) running.child.stdin?.destroy();
    else running.child.stdin?.end(input);
    return (await running).stdout.trim();
  };
  const tree = (mode: string, entry: string, id: string) =>
    git(
      ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'],
      Buffer.concat([Buffer.from(`${mode} ${entry}\0`), Buffer.from(id, 'hex')]),
    );
  const blob = await git(['hash-object', '-w', '--stdin'], hook);
  const hooks = await tree('100755', 'post-checkout', blob);
  const inner = await tree('40000', 'hooks', hooks);
  const outer = await tree('40000', name, inner);
  const commit = await git(['commit-tree', outer, '-m', 'x']);
  await git(['update-ref', 'refs/heads/main', commit]);
}

describe('a page in a browser whose name leads to this machine', () => {
  let directory: string;
  const stack = new AsyncDisposableStack();
  /** `METHOD path` with a Host header → status. */
  const listeners: Record<string, (host: string) => Promise<number>> = {};

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'revflow-hosts-'));
    const api = stack.use(await startApiServer({ dir: directory, clock: systemClock, log: silentLog }));
    const { users } = parse(await readFile(api.kubeconfig, 'utf8')) as { users: { user: { token: string } }[] };
    const authorization = `Bearer ${users[0]?.user.token}`;
    listeners['API server'] = host => statusOf(`${api.url}/api`, { host, authorization });
    const health = async () => ({ ready: true, live: true });
    const metrics = createMetrics();
    const own = stack.use(
      await serveHealth({ address: { host: '127.0.0.1', port: 0 }, health, metrics, log: silentLog }),
    );
    listeners['metrics'] = host => statusOf(`http://127.0.0.1:${own.port}/metrics`, { host });
    const open = stack.use(
      await serveHealth({ address: { host: '0.0.0.0', port: 0 }, health, metrics, log: silentLog }),
    );
    listeners['metrics of a pod'] = host => statusOf(`http://127.0.0.1:${open.port}/metrics`, { host });
  });
  afterAll(async () => {
    await stack.disposeAsync();
    await rm(directory, { recursive: true, force: true });
  });

  it.each(['API server', 'metrics'])('is not answered by the %s', async name => {
    const ask = listeners[name];
    const foreign = [
      'evil.example',
      'evil.example:80',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '10.0.0.1',
      'x@127.0.0.1',
    ];
    for (const host of foreign) expect({ host, status: await ask?.(host) }).toEqual({ host, status: 403 });
    for (const host of ['127.0.0.1:1', 'localhost', 'LOCALHOST:9', '[::1]:9']) expect(await ask?.(host)).toBe(200);
  });

  it('is none of the business of a pod, whose address the kubelet names', async () => {
    expect(await listeners['metrics of a pod']?.('10.0.0.1:8081')).toBe(200);
  });

  it('cannot use the API server without its token, whatever it says', async () => {
    const address = parse(await readFile(join(directory, 'kubeconfig'), 'utf8')) as {
      clusters: { cluster: { server: string } }[];
    };
    const url = `${address.clusters[0]?.cluster.server}/api`;
    for (const headers of [
      {},
      { authorization: 'Bearer ' },
      { authorization: 'Bearer x' },
      { authorization: 'Basic eDp4' },
      { 'x-remote-user': 'system:admin' },
    ]) {
      expect(await statusOf(url, headers)).toBe(401);
    }
    expect((await stat(join(directory, 'kubeconfig'))).mode & 0o077).toBe(0);
  });
});

function statusOf(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const request = url.startsWith('https:') ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, rejectUnauthorized: false }, answer => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.on('error', reject);
    asked.end();
  });
}
