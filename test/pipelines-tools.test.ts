// The scripts of pipelines/ that call build tools, run on this machine with tools that only remember how they were called; skopeo is real.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { closePod, hostile, openPod } from './pipelines/hostile.ts';
import { manifest } from './pipelines/manifests.ts';
import { type Pod, recorder } from './pipelines/run-step.ts';
import { manifestTypes, pushImage } from './servers/push-image.ts';
import { hasDockerRegistry, startRegistry, type TestRegistry } from './servers/registry.ts';

let pod: Pod;

beforeEach(async () => {
  pod = await openPod();
  return () => closePod(pod);
});

describe('buildah', () => {
  const strategy = manifest('ClusterBuildStrategy', 'buildah');
  const task = manifest('Task', 'function-buildah');
  const programs = { buildah: recorder('buildah', 'printf "%s" "${FROM_ENV-}" >>"$POD/seen-env"') };
  const buildArgs = Object.entries(hostile).map(([name, value]) => `${name}=${value}`);

  it('is given arguments unchanged, and writes an OCI layout', async () => {
    const params = { 'build-args': [...buildArgs, 'ALONE'] };
    expect(await pod.run({ manifest: strategy, step: 'build-and-push', params, programs })).toMatchObject({ code: 0 });
    const [build = [], push = []] = await pod.calls('buildah');
    const passed = build.filter((_, at) => build[at - 1] === '--build-arg');
    expect(passed).toEqual([...buildArgs, 'ALONE']);
    expect(build).toEqual(
      expect.arrayContaining([
        'bud',
        '--isolation',
        'chroot',
        '--tag',
        'registry.example/app:v1',
        '--file',
        'Dockerfile',
      ]),
    );
    expect(push.slice(-3)).toEqual(['push', 'registry.example/app:v1', `oci:${pod.path('layout/image')}`]);
    expect(await pod.read('buildah/registries.conf')).toBe(
      'unqualified-search-registries = ["docker.io", "quay.io"]\n',
    );
  });

  it('is given the variables of a Task', async () => {
    const params = { 'build-args': [], env: [`FROM_ENV=${hostile.COMMAND}`], image: 'r.example/a:b' };
    const workspaces = { source: pod.path('source') };
    expect(await pod.run({ manifest: task, step: 'build', params, workspaces, programs })).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect((await pod.calls('buildah'))[0]).toEqual(expect.arrayContaining(['--tag', 'r.example/a:b']));
    expect(await pod.read('seen-env')).toBe(hostile.COMMAND);
  });

  it('labels and annotates the image as a Task is told', async () => {
    const labels = [`a=${hostile.COMMAND}`, `b=${hostile.LINES}`];
    const params = { labels, image: 'r.example/a:b' };
    const workspaces = { source: pod.path('source') };
    await pod.run({ manifest: task, step: 'build', params, workspaces, programs });
    const [build = []] = await pod.calls('buildah');
    for (const flag of ['--label', '--annotation'])
      expect(build.filter((_, at) => build[at - 1] === flag)).toEqual(labels);
    const wrong = { ...params, labels: ['none'] };
    expect(await pod.run({ manifest: task, step: 'build', params: wrong, workspaces, programs })).toMatchObject({
      code: 1,
    });
  });

  it('takes registries as lists and as texts, and no text that is none', async () => {
    const params = {
      'registries-insecure': ['plain.example:5000'],
      'registry-insecure': 'two.example, three.example',
      'registry-search': 'ghcr.io',
      'registries-block': ['bad.example'],
    };
    await pod.run({ manifest: strategy, step: 'build-and-push', params, programs });
    expect(await pod.read('buildah/registries.conf')).toBe(
      [
        'unqualified-search-registries = ["ghcr.io"]\n',
        ...['plain.example:5000', 'two.example', 'three.example'].map(
          name => `[[registry]]\nlocation = "${name}"\ninsecure = true\n`,
        ),
        '[[registry]]\nlocation = "bad.example"\nblocked = true\n',
      ].join('\n'),
    );
    const injected = { 'registry-insecure': 'a"\ninsecure = true' };
    expect(await pod.run({ manifest: strategy, step: 'build-and-push', params: injected, programs })).toMatchObject({
      code: 1,
    });
    expect(await pod.read('results/shp-error-reason')).toBe('InvalidParameterValue');
  });

  it('says which directory or Dockerfile is not there', async () => {
    const missing = `no '$(touch "$POD/pwned")' here`;
    const order = { manifest: strategy, step: 'build-and-push', programs };
    expect(await pod.run({ ...order, params: { dockerfile: missing } })).toMatchObject({ code: 1 });
    expect(await pod.files('results')).toEqual({
      'shp-error-reason': 'DockerfileNotFound',
      'shp-error-message': `The Dockerfile '${missing}' does not exist.`,
    });
    expect(await pod.run({ ...order, params: { 'shp-source-context': pod.path('nowhere') } })).toMatchObject({
      code: 1,
    });
    expect(await pod.read('results/shp-error-reason')).toBe('ContextDirNotFound');
    expect(await pod.calls('buildah')).toEqual([]);
  });

  it('annotates what is WebAssembly', async () => {
    const wasmedge = manifest('ClusterBuildStrategy', 'wasmedge');
    await pod.run({ manifest: wasmedge, step: 'build-and-push', programs });
    const [build = []] = await pod.calls('buildah');
    expect(build[build.indexOf('--annotation') + 1]).toBe('module.wasm.image/variant=compat-smart');
    expect(build).not.toContain('--build-arg');
  });

  it('logs in with what a workspace has', async () => {
    const login = { buildah: 'printf "%s" "${REGISTRY_AUTH_FILE-}" >"$POD/login"' };
    await mkdir(pod.path('docker'));
    const workspaces = { source: pod.path('source'), dockerconfig: pod.path('docker') };
    const order = { manifest: task, step: 'build', params: { image: 'i' }, workspaces, programs: login };
    await pod.run(order);
    expect(await pod.read('login')).toBe('');
    await writeFile(pod.path('docker/config.json'), '{}');
    await pod.run(order);
    expect(await pod.read('login')).toBe(pod.path('docker/config.json'));
  });
});

describe('BuildKit', () => {
  const strategy = manifest('ClusterBuildStrategy', 'buildkit');
  const order = {
    manifest: strategy,
    step: 'build-and-push',
    programs: { 'buildctl-daemonless.sh': recorder('buildctl') },
  };

  it('is given arguments, platforms and secrets unchanged', async () => {
    const args = Object.entries(hostile).map(([name, value]) => `${name}=${value}`);
    const params = {
      'build-args': args,
      platforms: ['linux/amd64', 'linux/arm64'],
      secrets: [`token=${hostile.COMMAND}=`, `lines=${hostile.LINES}`],
      target: 'a b',
    };
    expect(await pod.run({ ...order, params })).toEqual({ code: 0, stderr: '' });
    const [call = []] = await pod.calls('buildctl');
    const options = call.filter((_, at) => call[at - 1] === '--opt');
    expect(options).toEqual([
      'filename=Dockerfile',
      ...args.map(text => `build-arg:${text}`),
      'platform=linux/amd64,linux/arm64',
      'target=a b',
    ]);
    expect(await pod.read('buildkit/secrets/token')).toBe(`${hostile.COMMAND}=`);
    expect(await pod.read('buildkit/secrets/lines')).toBe(hostile.LINES);
    expect(call).toContain(`type=oci,tar=false,dest=${pod.path('layout/image')}`);
    expect(call).toContain('type=registry,ref=registry.example/app:v1');
  });

  it('labels the image as a Task is told', async () => {
    const labels = [`a=${hostile.COMMAND}`, `b=${hostile.LINES}`];
    const task = { ...order, manifest: manifest('Task', 'function-buildkit'), step: 'build' };
    const workspaces = { source: pod.path('source') };
    await pod.run({ ...task, params: { labels, image: 'registry.example/app:v1' }, workspaces });
    const [call = []] = await pod.calls('buildctl');
    expect(call.filter(text => text.startsWith('label:'))).toEqual(labels.map(text => `label:${text}`));
  });

  it('takes nothing from the last image where the cache is disabled, and no other word', async () => {
    await pod.run({ ...order, params: { cache: 'disabled' } });
    expect((await pod.calls('buildctl'))[0]).toContain('--no-cache');
    expect(await pod.run({ ...order, params: { cache: 'maybe' } })).toMatchObject({ code: 1 });
    expect(await pod.read('results/shp-error-reason')).toBe('InvalidParameterValue');
  });

  it('finds a Dockerfile in a folder', async () => {
    await mkdir(pod.path('source/deep er'));
    await writeFile(pod.path('source/deep er/My File'), '');
    await pod.run({ ...order, params: { dockerfile: 'deep er/My File' } });
    const [call = []] = await pod.calls('buildctl');
    expect(call).toEqual(expect.arrayContaining(['filename=My File', `dockerfile=${pod.path('source/deep er')}`]));
  });
});

describe('ko', () => {
  const strategy = manifest('ClusterBuildStrategy', 'ko');
  /** Makes an archive with a ko that records how it is called, and a list of checksums that has it. */
  const curl = `${recorder('curl')}
while [ "$#" -gt 1 ]; do if [ "$1" = --output ]; then out=$2; fi; shift; done
case "$1" in
  */latest) printf https://github.com/ko-build/ko/releases/tag/v9.8.7 ;;
  *.tar.gz) tar -czf "$out" -C "$POD/programs" ko; sha256sum "$out" | sed "s| .*/|  |" >"$POD/sums" ;;
  *checksums.txt) cat "$POD/sums" >"$out" ;;
esac`;
  const ko = recorder('ko', `printf '%s' "\${GOFLAGS-}" >"$POD/goflags"; printf '%s' "$KO_DOCKER_REPO" >"$POD/repo"`);
  const programs = { curl, ko, go: `echo "go\${GOTOOLCHAIN:+1.22.0}"`, uname: 'echo x86_64' };
  const order = { manifest: strategy, step: 'build-and-push', programs };

  beforeEach(() => mkdir(pod.path('ko')));

  it('is fetched, checked, and given what the user wrote', async () => {
    const params = {
      'package-directory': hostile.COMMAND,
      'go-flags': hostile.SEPARATORS,
      'shp-output-image': 'r.example:5000/a/b:c',
    };
    expect(await pod.run({ ...order, params })).toMatchObject({ code: 0 });
    const [call = []] = await pod.calls('ko');
    expect(call).toEqual([
      'build',
      `--oci-layout-path=${pod.path('layout/image')}`,
      '--platform=linux/amd64',
      '--bare',
      '--push=false',
      '--',
      hostile.COMMAND,
    ]);
    expect(await pod.read('goflags')).toBe(hostile.SEPARATORS);
    expect(await pod.read('repo')).toBe('r.example:5000/a/b');
    const urls = (await pod.calls('curl')).map(args => args.at(-1));
    expect(urls[1]).toBe('https://github.com/ko-build/ko/releases/download/v9.8.7/ko_9.8.7_Linux_x86_64.tar.gz');
  });

  it('is given the variables of a build', async () => {
    await pod.run({ ...order, env: { GOFLAGS: '-tags=a b' } });
    expect(await pod.read('goflags')).toBe('-tags=a b');
    const workspaces = { source: pod.path('source') };
    const params = { env: [`GOFLAGS=${hostile.QUOTES}`], image: 'i' };
    await pod.run({ ...order, manifest: manifest('Task', 'function-ko'), step: 'build', params, workspaces });
    expect(await pod.read('goflags')).toBe(hostile.QUOTES);
  });

  it('labels the image as a Task is told, with commas and quotes in the values', async () => {
    const workspaces = { source: pod.path('source') };
    const params = { labels: ['a=1,b', `c="d"`], env: ['A=1'], image: 'i' };
    await pod.run({ ...order, manifest: manifest('Task', 'function-ko'), step: 'build', params, workspaces });
    const [call = []] = await pod.calls('ko');
    expect(call.filter((_, at) => call[at - 1] === '--image-label')).toEqual(['"a=1,b"', '"c=""d"""']);
  });

  it('is not run where its checksum is another one, or its version is none', async () => {
    const forged = { ...programs, curl: curl.replace('cat "$POD/sums"', 'sed "s/^./g/" "$POD/sums"') };
    expect(await pod.run({ ...order, programs: forged })).not.toMatchObject({ code: 0 });
    expect(await pod.run({ ...order, params: { 'ko-version': '../../evil' } })).toMatchObject({ code: 1 });
    expect(await pod.calls('ko')).toEqual([]);
  });

  it('has Go fetch another version, or says that it cannot', async () => {
    expect(await pod.run({ ...order, params: { 'go-version': '1.22' } })).toMatchObject({ code: 0 });
    const old = { ...programs, go: 'echo go1.17.13' };
    expect(await pod.run({ ...order, programs: old, params: { 'go-version': '1.22' } })).toMatchObject({ code: 1 });
    expect(await pod.read('results/shp-error-reason')).toBe('GoVersionNotFound');
  });
});

const hasRegistry = hasDockerRegistry && existsSync('/usr/bin/skopeo');
const why = hasRegistry ? '' : ' (skipped without the Debian packages docker-registry and skopeo)';

describe.skipIf(!hasRegistry)(`with a registry${why}`, () => {
  const push = manifest('Task', 'function-kaniko');
  const bundle = manifest('Task', 'function-fetch-bundle');
  const skopeo = (...args: readonly string[]) => promisify(execFile)('skopeo', [...args]);
  let registry: TestRegistry;
  let secure: TestRegistry;

  beforeAll(async () => {
    [registry, secure] = await Promise.all([startRegistry(), startRegistry({ tls: true })]);
  });
  afterAll(() => Promise.all([registry.close(), secure.close()]));

  it('a layout is pushed with the digest that it has, and not to a host that nobody vouches for', async () => {
    const type = 'ociIndex';
    const digest = await pushImage(registry, 'team/built:v1', { type });
    await mkdir(pod.path('layout'));
    const layout = pod.path('layout/image');
    await skopeo(
      'copy',
      '--all',
      '--preserve-digests',
      '--src-tls-verify=false',
      `docker://${registry.host}/team/built:v1`,
      `oci:${layout}`,
    );
    const pushTo = (image: string, insecure: string) =>
      pod.run({ manifest: push, step: 'push', params: { image, insecure } });
    const image = `${registry.host}/team/pushed:v2`;
    expect(await pushTo(image, 'true')).toMatchObject({ code: 0 });
    expect(await pod.files('results')).toMatchObject({ IMAGE_DIGEST: digest, IMAGE_URL: image });
    const response = await fetch(`${registry.url}/v2/team/pushed/manifests/v2`, {
      method: 'HEAD',
      headers: { accept: manifestTypes[type] },
    });
    expect(response.headers.get('docker-content-digest')).toBe(digest);
    expect(await pushTo(`${secure.host}/team/pushed:v2`, 'false')).not.toMatchObject({ code: 0 });
  });

  it('a bundle is unpacked with the digest that its tag has', async () => {
    const digest = await pushImage(registry, 'team/bundle:v1', { type: 'ociIndex', files: { 'a/b.txt': 'text' } });
    await mkdir(pod.path('bundle'));
    const params = { bundle: `${registry.host}/team/bundle:v1`, insecure: 'true' };
    const workspaces = { source: pod.path('source') };
    expect(await pod.run({ manifest: bundle, step: 'pull', params, workspaces })).toMatchObject({ code: 0 });
    expect(await pod.run({ manifest: bundle, step: 'unpack', params, workspaces })).toMatchObject({ code: 0 });
    const uri = `${registry.host}/team/bundle`;
    const { 'bundle-digest': told, BUNDLE_ARTIFACT_INPUTS: inputs = '' } = await pod.files('results');
    expect(told).toBe(digest);
    expect(JSON.parse(inputs)).toEqual({ uri, digest });
    expect(await readFile(pod.path('source/a/b.txt'), 'utf8')).toBe('text');
    expect(existsSync(pod.path('source/Dockerfile'))).toBe(false);
  });
});
