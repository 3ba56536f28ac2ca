// Stock kubectl against the embedded API server.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../src/local/api-server/server.ts';
import { systemClock } from '../src/platform/clock.ts';
import { silentLog } from './servers/api-server.ts';

const kubectlPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map(folder => join(folder, 'kubectl'))
  .find(existsSync);
const why = kubectlPath ? '' : ', skipped because it is not on the PATH';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.kubectl.revflow.test' },
  spec: {
    group: 'kubectl.revflow.test',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['things'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'Widget is a thing.',
            properties: {
              spec: {
                type: 'object',
                description: 'What is wanted.',
                required: ['size'],
                properties: {
                  size: { type: 'integer', maximum: 10, description: 'How big.' },
                  color: { type: 'string', default: 'red' },
                  replicas: { type: 'integer' },
                },
              },
              status: {
                type: 'object',
                properties: {
                  replicas: { type: 'integer' },
                  conditions: {
                    type: 'array',
                    items: { type: 'object', properties: { type: { type: 'string' }, status: { type: 'string' } } },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe.skipIf(!kubectlPath)(`kubectl${why}`, () => {
  let directory: string;
  let server: ApiServer;
  let editor: string;
  const children: ChildProcess[] = [];

  const environment = () => ({
    PATH: process.env['PATH'],
    HOME: directory,
    KUBECONFIG: server.kubeconfig,
    KUBE_EDITOR: editor,
  });

  /** Runs kubectl to its end; `input` goes to its standard input. */
  function kubectl(args: readonly string[], input = ''): Promise<Result> {
    return new Promise(resolve => {
      const child = execFile(kubectlPath ?? '', args, { env: environment(), timeout: 25_000 }, (error, out, err) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
      );
      child.stdin?.end(input);
    });
  }

  /** The same for a command that must succeed. */
  async function ok(args: string, input?: object): Promise<string> {
    const { code, out, err } = await kubectl(args.split(' '), input && JSON.stringify(input));
    expect(err).not.toContain('rror');
    expect(code).toBe(0);
    return out;
  }

  const widget = (name: string, spec: object = { size: 1 }) => ({
    apiVersion: 'kubectl.revflow.test/v1',
    kind: 'Widget',
    metadata: { name, labels: { of: name } },
    spec,
  });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'revflow-kubectl-'));
    await mkdir(join(directory, 'state'));
    editor = join(directory, 'editor');
    await writeFile(editor, '#!/bin/sh\nsed -i "s/size: 1/size: 7/" "$1"\n');
    await chmod(editor, 0o755);
    server = await startApiServer({ dir: join(directory, 'state'), clock: systemClock, log: silentLog });
    await ok('create -f -', definition);
    await ok('wait --for=condition=Established crd/widgets.kubectl.revflow.test');
  });
  afterAll(async () => {
    for (const child of children) child.kill();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('the version and what is served can be asked', async () => {
    expect(await ok('version -o json')).toContain('"serverVersion"');
    expect(await ok('api-resources --api-group=kubectl.revflow.test')).toContain(
      'widgets   wd           kubectl.revflow.test/v1   true         Widget',
    );
    expect(await ok('auth can-i delete widgets')).toBe('yes\n');
  });

  test('what is created is printed in the columns of its definition', async () => {
    expect(await ok('create -f -', widget('made', { size: 3 }))).toBe('widget.kubectl.revflow.test/made created\n');
    const [head, row] = (await ok('get wd -l of=made')).split('\n');
    expect(head?.split(/ +/)).toEqual(['NAME', 'SIZE', 'READY']);
    expect(row?.trim().split(/ +/)).toEqual(['made', '3']);
    expect(await ok('get things -l of=made -o name')).toBe('widget.kubectl.revflow.test/made\n');
    expect(await ok('get wd made -o jsonpath={.spec.color}')).toBe('red');
  });

  test('a wrong field and a wrong value are refused by name', async () => {
    const unknown = await kubectl(['create', '-f', '-'], JSON.stringify(widget('bad', { size: 1, sise: 2 })));
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain('unknown field "spec.sise"');
    const large = await kubectl(['create', '-f', '-'], JSON.stringify(widget('bad', { size: 11 })));
    expect(large.err).toContain('spec.size in body should be less than or equal to 10');
  });

  test('applying creates, then changes nothing, then changes what differs', async () => {
    const applied = (spec: object) => ok('apply -f -', widget('applied', spec));
    expect(await applied({ size: 1 })).toContain('created');
    expect(await applied({ size: 1 })).toContain('unchanged');
    expect(await applied({ size: 2 })).toContain('configured');
    expect(await ok('get wd applied -o jsonpath={.spec.size}')).toBe('2');
  });

  test('server-side apply meets the fields of others as conflicts, and takes over from the client side', async () => {
    expect(await ok('apply --server-side -f -', widget('ssa'))).toContain('serverside-applied');
    expect(await ok('apply --server-side -f -', widget('ssa'))).toContain('serverside-applied');
    const other = await kubectl(
      ['apply', '--server-side', '--field-manager=other', '-f', '-'],
      JSON.stringify(widget('ssa', { size: 2 })),
    );
    expect(other.err).toContain('conflict with "kubectl": .spec.size');
    await ok('apply -f -', widget('migrated'));
    expect(await ok('apply --server-side -f -', widget('migrated', { size: 5 }))).toContain('serverside-applied');
    expect(await ok('get wd migrated -o jsonpath={.spec.size}')).toBe('5');
  });

  test('patch, label, annotate, scale and replace change an object', async () => {
    await ok('create -f -', widget('changed', { size: 1, replicas: 1 }));
    expect(await ok('patch wd changed --type=merge -p {"spec":{"size":2}}')).toContain('patched');
    expect(await ok('patch wd changed --type=json -p [{"op":"add","path":"/spec/color","value":"blue"}]')).toContain(
      'patched',
    );
    expect(await ok('label wd changed tier=front')).toContain('labeled');
    expect(await ok('annotate wd changed note=yes')).toContain('annotated');
    expect(await ok('scale wd changed --replicas=3')).toContain('scaled');
    expect(await ok('get wd changed -o jsonpath={.spec}')).toBe('{"color":"blue","replicas":3,"size":2}');
    const read = JSON.parse(await ok('get wd changed -o json')) as { spec: object };
    expect(await ok('replace -f -', { ...read, spec: { size: 4 } })).toContain('replaced');
  });

  test('edit writes what the editor leaves', async () => {
    await ok('create -f -', widget('edited'));
    expect(await ok('edit wd edited')).toContain('edited');
    expect(await ok('get wd edited -o jsonpath={.spec.size}')).toBe('7');
  });

  test('get -w prints changes as they happen', async () => {
    await ok('create -f -', widget('watched'));
    const child = spawn(kubectlPath ?? '', ['get', 'wd', 'watched', '-w', '--no-headers'], { env: environment() });
    children.push(child);
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    await expect.poll(() => printed, { timeout: 15_000 }).toMatch(/^watched +1/);
    await ok('patch wd watched --type=merge -p {"spec":{"size":9}}');
    await expect.poll(() => printed, { timeout: 15_000 }).toMatch(/watched +9/);
    child.kill();
  });

  test('wait ends when the condition comes, and when the object goes', async () => {
    await ok('create -f -', widget('awaited'));
    const ready = ok('wait wd/awaited --for=condition=Ready --timeout=20s');
    const status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
    await ok(`patch wd awaited --subresource=status --type=merge -p ${status}`);
    expect(await ready).toContain('condition met');
    const gone = ok('wait wd/awaited --for=delete --timeout=20s');
    expect(await ok('delete wd awaited')).toContain('deleted');
    await gone;
  });

  test('describe and explain read an object and its schema', async () => {
    await ok('create -f -', widget('described'));
    expect(await ok('describe wd described')).toMatch(/Name:\s+described[\s\S]*Size:\s+1[\s\S]*Events:\s+<none>/);
    expect(await ok('explain wd.spec.size')).toContain('How big.');
    expect(await ok('explain wd --recursive')).toContain('Widget is a thing.');
  });

  test('a finalizer holds a deletion until it is taken away', async () => {
    const held = widget('held');
    await ok('create -f -', { ...held, metadata: { ...held.metadata, finalizers: ['kubectl.revflow.test/hold'] } });
    await ok('delete wd held --wait=false');
    expect(await ok('get wd held -o jsonpath={.metadata.finalizers}')).toContain('hold');
    await ok('patch wd held --type=merge -p {"metadata":{"finalizers":null}}');
    const absent = await kubectl(['get', 'wd', 'held']);
    expect(absent.err).toContain('"held" not found');
  });

  test('namespaces, ConfigMaps, Secrets and Deployments are made by name', async () => {
    expect(await ok('create namespace team')).toContain('namespace/team created');
    await ok('create configmap settings -n team --from-literal=a=1');
    await ok('create secret generic token -n team --from-literal=password=hush');
    await ok('create deployment web -n team --image=nginx --replicas=2');
    expect(await ok('get configmap settings -n team -o jsonpath={.data.a}')).toBe('1');
    expect(await ok('get secret token -n team -o jsonpath={.data.password}')).toBe(
      Buffer.from('hush').toString('base64'),
    );
    expect(await ok('get deployment web -n team -o jsonpath={.spec.template.spec.containers[0].image}')).toBe('nginx');
    await ok('delete namespace team');
    expect(await ok('get configmap -A --field-selector metadata.namespace=team -o name')).toBe('');
  });

  test('a ConfigMap is applied twice and patched', async () => {
    const map = (data: object) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'map', namespace: 'default' },
      data,
    });
    expect(await ok('apply -f -', map({ a: '1' }))).toContain('created');
    expect(await ok('apply -f -', map({ a: '1' }))).toContain('unchanged');
    expect(await ok('apply -f -', map({ a: '2', b: '3' }))).toContain('configured');
    expect(await ok('get configmap map -o jsonpath={.data}')).toBe('{"a":"2","b":"3"}');
  });
});
