// `revflow check -f`: real questions to a Git server and a registry, and the loop's own decision on the answers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitServer, type ServedRepository, startGitServer } from '../servers/git-server.ts';
import { pushImage } from '../servers/push-image.ts';
import { hasDockerRegistry, skipsWithoutDockerRegistry, startRegistry } from '../servers/registry.ts';
import { inProcess, revflow } from './command.ts';
import { type Folder, folder, functionFile, stream } from './function-file.ts';

const password = 'hidden-one-2';
let git: GitServer;
let repository: ServedRepository;
let head = '';
let files: Folder;

beforeAll(async () => {
  files = await folder();
  git = await startGitServer();
  git.accounts.set(password, undefined);
  repository = await git.repository('team/hello');
  head = await repository.commit();
});
afterAll(async () => {
  await git.close();
  await files[Symbol.asyncDispose]();
});

function source(over: { readonly url?: string; readonly revision?: string; readonly credentials?: object } = {}) {
  return { build: { builder: 'b', srcRepo: { url: repository.url, revision: 'main', ...over } } };
}

function secretOf(text: string): object {
  const metadata = { name: 'token', annotations: { 'openfunction.io/credential-hosts': git.host } };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: text } };
}

async function check(...objects: readonly object[]) {
  const path = await files.write('f.yaml', stream(...objects));
  const ended = await inProcess(['check', '-f', path, '-o', 'json']);
  return { ...ended, reports: JSON.parse(ended.out) };
}

const params = 'repo-type: git\npolling-interval: 30s';

describe('check -f', () => {
  it('asks the source and says what would be built, and why', async () => {
    const path = await files.write('f.yaml', stream(functionFile({ params, spec: source() })));
    const { code, out, err } = await revflow(['check', '-f', path]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const told = out.replaceAll(head.slice(0, 12), 'HEAD').replaceAll(git.host, 'HOST').replaceAll(path, 'FILE');
    expect(told.replace(/HEAD[0-9a-f]{28}/, 'FULLHEAD')).toMatchInlineSnapshot(`
      "FUNCTION       KNOWN  LATEST        WOULD
      default/hello  -      HEAD  build HEAD (First: it was never built)

      default/hello (FILE, line 1)
        watches  main of http://HOST/team/hello (source, every 30s, without a credential)
        latest   FULLHEAD (refs/heads/main)
        build: build (First)
          first build         it was never built
          suspended           -
          held                -
          engine takes it     -
          retry later         -
          first observation   -
          rollback confirmed  -
          one run at a time   -
      "
    `);
  });

  it('shows full ids, driver, interval and Secret with -o wide, and no colours', async () => {
    const path = await files.write('f.yaml', stream(functionFile({ params, spec: source() })));
    const { out } = await inProcess(['check', '-f', path, '-o', 'wide']);
    expect(out).toMatch(new RegExp(`default/hello +- +${head} +source +30s +git +- +build`));
    expect(out).not.toContain('\u001b');
  });

  it('is coloured on a terminal alone, and never with NO_COLOR', async () => {
    const path = await files.write('f.yaml', stream(functionFile({ spec: source() })));
    const args = ['check', '-f', path];
    expect((await inProcess(args, { isTTY: true })).out).toContain('\u001b[1mdefault/hello\u001b[0m');
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect((await inProcess(args, { isTTY: true, env })).out).not.toContain('\u001b');
    }
  });

  it('asks a source once for all Functions of the files', async () => {
    git.requests.length = 0;
    const functions = ['a', 'b', 'c'].map(name => functionFile({ name, params, spec: source() }));
    const { code, reports } = await check(...functions);
    expect(code).toBe(0);
    expect(reports.map((report: { watch: { latest: string } }) => report.watch.latest)).toEqual([head, head, head]);
    expect(git.requests).toHaveLength(1);
  });

  it('takes the credential from a Secret of the same file, and says nothing of its value', async () => {
    repository.isPrivate = true;
    const fn = functionFile({ params, spec: source({ credentials: { name: 'token' } }) });
    const right = await check(fn, secretOf(password));
    expect(right).toMatchObject({ code: 0, reports: [{ watch: { latest: head, secret: 'token', warnings: [] } }] });
    const wrong = await check(fn, secretOf('another-hidden-one'));
    expect(wrong).toMatchObject({ code: 75, reports: [{ watch: { failure: { reason: 'Unauthorized' } } }] });
    const absent = await check(fn);
    expect(absent.code).toBe(75);
    expect(absent.reports[0].watch.warnings).toEqual([
      'Secret default/token is not in the files: asked without a credential',
    ]);
    repository.isPrivate = false;
    for (const { out, err } of [right, wrong, absent]) expect(out + err).not.toMatch(/hidden-one/);
  });

  it('ends with 75 when the branch is not there, or nobody answers', async () => {
    const absent = await check(functionFile({ params, spec: source({ revision: 'absent' }) }));
    expect(absent).toMatchObject({ code: 75, reports: [{ watch: { missing: true }, build: { verdict: 'hold' } }] });
    const silent = await check(functionFile({ params, spec: source({ url: 'http://127.0.0.1:9/o/r' }) }));
    expect(silent).toMatchObject({ code: 75, reports: [{ watch: { failure: { reason: 'NetworkError' } } }] });
  });

  it('ends with 3 when what is to be watched can never be read, and names the field', async () => {
    const { code, reports } = await check(functionFile({ params: 'polling-interval: soon', spec: source() }));
    expect(code).toBe(3);
    expect(reports[0].watch.unwatched).toMatchObject({ reason: 'BadParams' });
    expect(reports[0].watch.unwatched.message).toMatch(/polling-interval must be a Go duration .*found "soon"/);
  });

  it('lets one that is fine be fine beside one that is not, and ends with the worse', async () => {
    const { code, reports } = await check(
      functionFile({ name: 'fine', params, spec: source() }),
      functionFile({ name: 'unwatched', spec: source() }),
      functionFile({ name: 'wrong', spec: { image: 1 } }),
    );
    expect(code).toBe(3);
    expect(reports.map((report: { would: string }) => report.would)).toEqual([
      `build ${head.slice(0, 12)} (First: it was never built)`,
      'build the source as written (First: it was never built)',
      'nothing: it cannot work as it stands',
    ]);
  });

  it('obeys the egress rules that are given', async () => {
    const path = await files.write('f.yaml', stream(functionFile({ params, spec: source() })));
    const { code, out } = await inProcess(['check', '-f', path, '--egress-deny', '127.0.0.0/8', '-o', 'json']);
    expect(code).toBe(75);
    expect(JSON.parse(out)[0].watch.failure.reason).toBe('EgressDenied');
  });

  it('refuses a Secret that names no host when that is asked for', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token' }, stringData: { password } };
    const fn = functionFile({ params, spec: source({ credentials: { name: 'token' } }) });
    const path = await files.write('f.yaml', stream(fn, secret));
    const { code, out } = await inProcess(['check', '-f', path, '--require-credential-hosts']);
    expect(code).toBe(75);
    expect(out).toContain('CredentialHostRefused');
  });

  it('names the file of authorities that cannot be read', async () => {
    const path = await files.write('f.yaml', stream(functionFile({ params, spec: source() })));
    const told = async (file: string) => inProcess(['check', '-f', path, '--ca-file', file]);
    expect(await told('/nonexistent.pem')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--ca-file /nonexistent.pem cannot be read'),
    });
    expect(await told(path)).toMatchObject({ code: 2, err: expect.stringContaining('holds no PEM certificate') });
  });

  it.skipIf(!hasDockerRegistry)(`asks a registry for bundles and images (${skipsWithoutDockerRegistry})`, async () => {
    await using registry = await startRegistry();
    const digest = await pushImage(registry, 'team/image:v1');
    const image = `${registry.host}/team/image:v1`;
    const bundle = { build: { builder: 'b', srcRepo: { bundleContainer: { image } } } };
    const { code, reports } = await check(
      functionFile({ name: 'bundle', params: 'type: source-image', spec: bundle }),
      { ...functionFile({ name: 'image', params: 'type: image' }), spec: { image, serving: {} } },
    );
    expect(code).toBe(0);
    const short = digest.slice(0, 19);
    expect(reports).toMatchObject([
      { watch: { latest: digest, driver: 'oci' }, would: `build ${short} (First: it was never built)` },
      { watch: { latest: digest, driver: 'oci' }, would: `serve ${short} (First: it was never served)` },
    ]);
  });
});
