// The scripts of pipelines/ around a build, run on this machine: what users write is data to them, and nothing of it is ever run.
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { closePod, hostile, openPod } from './pipelines/hostile.ts';
import { manifest } from './pipelines/manifests.ts';
import { Pod, recorder } from './pipelines/run-step.ts';
import { type GitServer, startGitServer } from './servers/git-server.ts';

let pod: Pod;

beforeEach(async () => {
  pod = await openPod();
  return () => closePod(pod);
});

describe('variables of a build with buildpacks', () => {
  const strategy = manifest('ClusterBuildStrategy', 'openfunction');
  const task = manifest('Task', 'function-openfunction');
  const entries = (variables: Readonly<Record<string, string>>) =>
    Object.entries(variables).map(([name, value]) => `${name}=${value}`);

  it('arrive unchanged from spec.build.env', async () => {
    const ending = await pod.run({ manifest: strategy, step: 'prepare', env: hostile });
    expect(ending).toEqual({ code: 0, stderr: '' });
    const { POD, ...rest } = await pod.files('platform/env');
    expect(POD).toBe(pod.folder);
    expect(rest).toEqual(hostile);
  });

  it('arrive unchanged from the env of a Task, and nothing else does', async () => {
    const params = { env: entries(hostile), image: 'i', 'builder-image': 'b' };
    const ending = await pod.run({ manifest: task, step: 'prepare', params, env: { OTHER: 'of the image' } });
    expect(ending).toEqual({ code: 0, stderr: '' });
    expect(await pod.files('platform/env')).toEqual(hostile);
  });

  it('stand beside what the image is to say of its source, in the file that the lifecycle reads', async () => {
    const labels = [
      'org.opencontainers.image.source=https://git.example/a"b\\c',
      'org.opencontainers.image.revision=abc\n[injected]',
      'openfunction.io/function=shop/cart',
    ];
    const params = { labels, env: ['A=1'], image: 'i', 'builder-image': 'b' };
    expect(await pod.run({ manifest: task, step: 'prepare', params })).toEqual({ code: 0, stderr: '' });
    expect(await pod.read('layers/project-metadata.toml')).toBe(
      [
        '[source]',
        'type = "git"',
        '[source.version]',
        'commit = "abc [injected]"',
        '[source.metadata]',
        'repository = "https://git.example/a\\"b\\\\c"',
        '"openfunction.io/function" = "shop/cart"',
        '',
      ].join('\n'),
    );
    expect(await pod.files('platform/env')).toEqual({ A: '1' });
  });

  it('arrive unchanged, whatever they are', async () => {
    const name = fc
      .stringMatching(/^[A-Z][A-Z0-9_]{0,12}$/)
      .filter(text => !/^(PATH|HOME|HOSTNAME|TERM|PWD|OLDPWD|SHLVL|POD)$/.test(text));
    const value = fc.string({ unit: 'grapheme', maxLength: 60 }).filter(text => !text.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 8 }), async variables => {
        await using fresh = await Pod.open();
        await fresh.run({ manifest: strategy, step: 'prepare', env: variables });
        const { POD: _, ...written } = await fresh.files('platform/env');
        expect(written).toEqual({ ...variables });
      }),
      { numRuns: 25 },
    );
  });

  it('are read from ENV_VARS as OpenFunction writes it, with what its script lost', async () => {
    const params = { ENV_VARS: 'A=1#B=with spaces#C=x=y#D=#=e#$(touch "$POD/pwned")=z#' };
    await pod.run({ manifest: task, step: 'prepare', params: { ...params, image: 'i', 'builder-image': 'b' } });
    expect(await pod.files('platform/env')).toEqual({ A: '1', B: 'with spaces', C: 'x=y' });
  });

  it('of spec.build.env win over those of ENV_VARS', async () => {
    await pod.run({ manifest: strategy, step: 'prepare', params: { ENV_VARS: 'A=1#B=2#' }, env: { A: 'native' } });
    expect(await pod.files('platform/env')).toMatchObject({ A: 'native', B: '2' });
  });

  it('are not those that Kubernetes makes for each Service, nor those of the shell', async () => {
    const links = {
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      KUBERNETES_SERVICE_PORT_HTTPS: '443',
      KUBERNETES_PORT: 'tcp://10.0.0.1:443',
      KUBERNETES_PORT_443_TCP: 'tcp://10.0.0.1:443',
      KUBERNETES_PORT_443_TCP_ADDR: '10.0.0.1',
      _BASH_VERSION: '5.1.4',
      HOSTNAME: 'pod',
    };
    const own = { DB_SERVICE_HOST: 'db.example', DB_PORT: '5432', KUBERNETES_DISTRIBUTION: 'k3s' };
    await pod.run({ manifest: strategy, step: 'prepare', env: { ...links, ...own } });
    const { POD: _, ...written } = await pod.files('platform/env');
    expect(written).toEqual(own);
  });

  it('end in a digest that the report names', async () => {
    const order = { manifest: task, step: 'results', params: { image: 'registry.example/a:b', 'builder-image': 'b' } };
    await writeFile(
      pod.path('layers/report.toml'),
      '[image]\n  tags = ["a"]\n  digest = "sha256:0123"\n  manifest-size = 7\n',
    );
    expect(await pod.run(order)).toMatchObject({ code: 0 });
    expect(await pod.files('results')).toEqual({ IMAGE_DIGEST: 'sha256:0123', IMAGE_URL: 'registry.example/a:b' });
    expect(await pod.run({ ...order, manifest: strategy })).toMatchObject({ code: 0 });
    expect(await pod.read('results/shp-image-digest')).toBe('sha256:0123');
    await writeFile(pod.path('layers/report.toml'), '[image]\n');
    expect(await pod.run(order)).toMatchObject({ code: 1 });
  });
});

describe('the push of a Task', () => {
  const task = manifest('Task', 'function-kaniko');
  const programs = {
    skopeo: recorder('skopeo', 'while [ "$1" != --digestfile ]; do shift; done; printf sha256:01 >"$2"'),
  };

  it('verifies certificates unless it is told otherwise, and tells digest, name and size', async () => {
    await mkdir(pod.path('layout/image/blobs/sha256'), { recursive: true });
    for (const [name, size] of [
      ['a', 5],
      ['b', 37],
    ] as const) {
      await writeFile(pod.path(`layout/image/blobs/sha256/${name}`), 'x'.repeat(size));
    }
    const order = { manifest: task, step: 'push', programs };
    const image = 'r.example/a:b';
    expect(await pod.run({ ...order, params: { image } })).toMatchObject({ code: 0 });
    expect(await pod.files('results')).toEqual({ IMAGE_DIGEST: 'sha256:01', IMAGE_URL: image, 'image-size': '42' });
    await pod.run({ ...order, params: { image, insecure: 'true' } });
    const [first, second] = await pod.calls('skopeo');
    expect(first).toEqual(expect.arrayContaining(['--dest-tls-verify=true', `docker://${image}`]));
    expect(second).toContain('--dest-tls-verify=false');
  });
});

describe('the patch of a Function', () => {
  const task = manifest('Task', 'function-deploy');
  const digest = `sha256:${'0a'.repeat(32)}`;
  const patch = (image: string, of = digest) =>
    pod.run({ manifest: task, step: 'write', params: { function: 'f', image, digest: of } });

  beforeEach(() => mkdir(pod.path('patch')));

  it('sets the image with its digest', async () => {
    expect(await patch('r.example:5000/a/b:c')).toMatchObject({ code: 0 });
    expect(JSON.parse((await pod.read('patch/patch.json')) ?? '')).toEqual({
      spec: { image: `r.example:5000/a/b:c@${digest}` },
    });
  });

  it('is not made of anything that is no image or no digest', async () => {
    for (const image of ['', 'a","serving":{}', 'a\nb', hostile.COMMAND])
      expect(await patch(image)).toMatchObject({ code: 1 });
    for (const of of ['', 'sha256:', 'sha512:01', 'sha256:01"}'])
      expect(await patch('a', of)).toMatchObject({ code: 1 });
    expect(await pod.read('patch/patch.json')).toBeUndefined();
  });
});

const hasGit = existsSync('/usr/bin/git');

describe.skipIf(!hasGit)(`with a Git server${hasGit ? '' : ' (skipped: Git is not installed)'}`, () => {
  const fetch = manifest('Task', 'function-fetch');
  const check = manifest('Task', 'revflow-check');
  let server: GitServer;

  beforeAll(async () => {
    server = await startGitServer();
  });
  afterAll(() => server.close());

  const run = (params: Readonly<Record<string, string>>, credential?: string) =>
    pod.run({
      manifest: fetch,
      step: 'fetch',
      params,
      workspaces: {
        source: pod.path('source'),
        ...(credential === undefined ? {} : { 'git-credentials': credential }),
      },
    });
  let counter = 0;
  const repository = async (options = {}) => {
    const made = await server.repository(`team/r${++counter}`, options);
    const commits = [await made.commit({ files: { a: 'one' } }), await made.commit({ files: { a: 'two' } })];
    return { made, commits };
  };

  it('fetches a branch, a tag, a commit, a short commit and the default branch', async () => {
    const { made, commits } = await repository();
    const [first = '', second = ''] = commits;
    await made.tag('v1', first);
    const wanted = { main: second, v1: first, [first]: first, [first.slice(0, 9)]: first, '': second };
    for (const [revision, commit] of Object.entries(wanted)) {
      expect(await run({ 'git-url': made.url, 'git-revision': revision })).toMatchObject({ code: 0 });
      expect(await pod.files('results')).toEqual({
        'CHAINS-GIT_COMMIT': commit,
        'CHAINS-GIT_URL': made.url,
        'commit-author': 'Test',
      });
      expect(await readFile(pod.path('source/a'), 'utf8')).toBe(commit === first ? 'one' : 'two');
      expect(existsSync(pod.path('source/Dockerfile'))).toBe(false);
    }
  });

  it('takes the title, the author and the branch of a commit for texts, and as much of the author as a result may have', async () => {
    const { made } = await repository();
    const branch = `it's-"quoted"-#-$(touch-pwned)-\`touch-pwned\`;x`;
    for (const text of Object.values(hostile)) {
      const author = text.replaceAll(/[<>\n]/g, '').trim() || 'Test';
      const commit = await made.commit({ branch, message: text, author, files: { a: 'three' } });
      expect(await run({ 'git-url': made.url, 'git-revision': branch })).toMatchObject({ code: 0 });
      const results = await pod.files('results');
      expect(results).toMatchObject({ 'CHAINS-GIT_COMMIT': commit, 'CHAINS-GIT_URL': made.url });
      // Git takes some signs off the ends of a name.
      expect(author).toContain(results['commit-author']);
      expect(results['commit-author']).toMatch(/^.{1,200}$/);
    }
  });

  it('runs nothing of a revision or a URL', async () => {
    const { made } = await repository();
    for (const revision of [hostile.COMMAND, '--upload-pack=touch $POD/pwned', '-x', 'no such branch']) {
      expect(await run({ 'git-url': made.url, 'git-revision': revision })).not.toMatchObject({ code: 0 });
    }
    for (const url of [
      'ext::sh -c touch% pwned',
      '--upload-pack=touch pwned',
      made.directory,
      `file://${made.directory}`,
    ]) {
      expect(await run({ 'git-url': url })).not.toMatchObject({ code: 0 });
    }
  });

  it('gives a credential to the host of the URL, and shows no user', async () => {
    const { made, commits } = await repository({ isPrivate: true });
    const password = `s3'cr$t"x`;
    server.accounts.set(password, 'robot');
    expect(await run({ 'git-url': made.url })).not.toMatchObject({ code: 0 });
    const folder = pod.path('credential');
    await mkdir(folder);
    await Promise.all([
      writeFile(join(folder, 'username'), 'robot\n'),
      writeFile(join(folder, 'password'), `${password}\n`),
    ]);
    expect(await run({ 'git-url': made.url.replace('//', '//someone@') }, folder)).toMatchObject({ code: 0 });
    expect(await pod.files('results')).toMatchObject({ 'CHAINS-GIT_COMMIT': commits[1], 'CHAINS-GIT_URL': made.url });
    const { stderr } = await run({ 'git-url': made.url, 'git-revision': 'nowhere' }, folder);
    expect(stderr).not.toContain(password);
  });

  it('checks a Function of a file once', async () => {
    const { made, commits } = await repository();
    await mkdir(pod.path('functions'));
    await chmod(pod.path('functions'), 0o755);
    const annotations = ['enable', '|\n      type: source\n      repo-type: git'];
    await writeFile(
      pod.path('functions/f.yaml'),
      `apiVersion: core.openfunction.io/v1beta2
kind: Function
metadata:
  name: f
  annotations:
    openfunction.io/revision-controller: ${annotations[0]}
    openfunction.io/revision-controller-params: ${annotations[1]}
spec:
  image: registry.example/f:v1
  build:
    builder: b:1
    srcRepo: { url: "${made.url}", revision: main }
`,
    );
    const order = (known: string) => ({
      manifest: check,
      step: 'check',
      params: { known },
      workspaces: { functions: pod.path('functions') },
    });
    expect(await pod.run(order(''))).toMatchObject({ code: 0 });
    expect(await pod.files('results')).toMatchObject({
      latest: commits[1],
      changed: 'true',
      would: expect.stringMatching(/build/),
    });
    expect(await pod.run(order(commits[1] ?? ''))).toMatchObject({ code: 0 });
    expect(await pod.files('results')).toMatchObject({ latest: commits[1], changed: 'false' });
  }, 60_000);
});
