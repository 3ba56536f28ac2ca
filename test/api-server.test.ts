// What the embedded API server keeps and guards: its state across starts, its door, and what belongs to something that is gone.
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../src/local/api-server/server.ts';
import { systemClock } from '../src/platform/clock.ts';
import { connectKube } from '../src/platform/kube/client.ts';
import type { DeleteOptions, Kind, Kube, KubeObject } from '../src/platform/kube/kube.ts';
import { widget, widgetDefinition, widgetKind } from './contracts/widget.ts';
import { silentLog } from './servers/api-server.ts';

const mapKind: Kind = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const namespaceKind: Kind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', cluster: true };
const definitionKind: Kind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  cluster: true,
};

function map(name: string, owner?: KubeObject): KubeObject {
  const { uid = '', name: ownerName = '' } = owner?.metadata ?? {};
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: ownerName, uid, blockOwnerDeletion: true };
  const metadata = { name, namespace: 'default', ...(owner ? { ownerReferences: [reference] } : {}) };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } };
}

describe('the embedded API server', () => {
  let dir: string;
  let server: ApiServer;
  let kube: Kube;

  const at = (name: string) => ({ kind: mapKind, namespace: 'default', name });

  async function start(): Promise<void> {
    server = await startApiServer({ dir, clock: systemClock, log: silentLog });
    const { kubeconfig } = server;
    kube = await connectKube({ kubeconfig, fieldManager: 'revflow', clock: systemClock, log: silentLog });
  }

  async function stop(): Promise<void> {
    await kube[Symbol.asyncDispose]();
    await server.close();
  }

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'revflow-api-'));
    await start();
  });
  afterEach(async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('what was written is there after a restart, at the same address, and versions go on', async () => {
    await kube.create(definitionKind, widgetDefinition);
    await expect.poll(() => kube.get({ kind: widgetKind, namespace: 'default', name: 'x' })).toBeUndefined();
    const made = await kube.create(widgetKind, widget('default', 'kept', { size: 2 }));
    const { url } = server;
    await stop();
    await start();
    expect(server.url).toBe(url);
    expect(await kube.get({ kind: widgetKind, namespace: 'default', name: 'kept' })).toEqual(made);
    const next = await kube.create(widgetKind, widget('default', 'next'));
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
  });

  test('a directory has one server', async () => {
    await expect(startApiServer({ dir, port: 0, clock: systemClock, log: silentLog })).rejects.toThrow('locked');
  });

  test('every file is its owner\u2019s alone where it holds a secret', async () => {
    const modes = await Promise.all(
      (await readdir(dir)).map(async file => [file, (await stat(join(dir, file))).mode & 0o077]),
    );
    expect(modes.filter(([file, mode]) => file !== 'port' && mode !== 0)).toEqual([]);
  });

  test('it stops at once while a client is still about to speak', async () => {
    const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(silent, 'connect');
    const closed = once(silent, 'close');
    await stop();
    await closed;
    expect(silent.destroyed).toBe(true);
    await start();
  });

  test.each([
    ['evil.example', 403],
    ['localhost:1', 401],
    ['127.0.0.1', 401],
  ])('a request for the host %s without a token is answered with %d', async (host, code) => {
    const status = await new Promise((resolve, reject) => {
      request(`${server.url}/version`, { headers: { host }, rejectUnauthorized: false }, response => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(code);
  });

  test('what an owner leaves behind goes, and what has another owner stays', async () => {
    const owner = await kube.create(mapKind, map('owner'));
    const child = await kube.create(mapKind, map('child', owner));
    await kube.create(mapKind, map('grandchild', child));
    await kube.create(mapKind, map('stranger'));
    await kube.remove(at('owner'));
    await expect.poll(() => kube.get(at('grandchild')), { timeout: 10_000 }).toBeUndefined();
    expect(await kube.get(at('child'))).toBeUndefined();
    expect(await kube.get(at('stranger'))).toBeDefined();
  });

  test('an object whose owner was gone before it came goes too', async () => {
    const owner = await kube.create(mapKind, map('owner'));
    await kube.remove(at('owner'));
    await kube.create(mapKind, map('late', owner));
    await expect.poll(() => kube.get(at('late')), { timeout: 10_000 }).toBeUndefined();
  });

  const policies: readonly [NonNullable<DeleteOptions['propagationPolicy']>, boolean][] = [
    ['Orphan', true],
    ['Foreground', false],
  ];
  test.each(policies)('a deletion with policy %s: dependants stay is %s', async (propagationPolicy, stays) => {
    const owner = await kube.create(mapKind, map('owner'));
    await kube.create(mapKind, map('child', owner));
    await kube.remove(at('owner'), { propagationPolicy });
    expect(await kube.get(at('owner'))).toMatchObject({ metadata: { deletionTimestamp: expect.any(String) } });
    await expect.poll(() => kube.get(at('owner')), { timeout: 10_000 }).toBeUndefined();
    const child = await kube.get(at('child'));
    expect(child !== undefined).toBe(stays);
    if (stays) expect(child?.metadata.ownerReferences).toBeUndefined();
  });

  test('a deletion that waits for the collector goes on after a restart', async () => {
    const owner = await kube.create(mapKind, map('owner'));
    await kube.create(mapKind, map('child', owner));
    await kube.remove(at('owner'), { propagationPolicy: 'Foreground' });
    await stop();
    await start();
    await expect.poll(() => kube.get(at('owner')), { timeout: 10_000 }).toBeUndefined();
    expect(await kube.get(at('child'))).toBeUndefined();
  });

  test('a namespace goes with all that is in it, and takes nothing new meanwhile', async () => {
    const namespace = 'leaving';
    await kube.create(namespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const inside = map('inside');
    await kube.create(mapKind, { ...inside, metadata: { ...inside.metadata, namespace } });
    await kube.remove({ kind: namespaceKind, name: namespace });
    const late = kube.create(mapKind, { ...inside, metadata: { name: 'late', namespace } });
    await expect(late).rejects.toMatchObject({ status: 403 });
    await expect.poll(() => kube.get({ kind: namespaceKind, name: namespace }), { timeout: 10_000 }).toBeUndefined();
    expect(await kube.list(mapKind, { namespace })).toEqual([]);
  });

  test('an Event reads in both of its shapes', async () => {
    const core: Kind = { apiVersion: 'v1', kind: 'Event', plural: 'events' };
    const newer: Kind = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };
    const metadata = { name: 'told', namespace: 'default' };
    const regarding = { kind: 'ConfigMap', name: 'x', namespace: 'default' };
    const event = {
      apiVersion: newer.apiVersion,
      kind: 'Event',
      metadata,
      regarding,
      note: 'hello',
      reason: 'Told',
      type: 'Normal',
    };
    await kube.create(newer, event);
    const ref = { namespace: 'default', name: 'told' };
    expect(await kube.get({ kind: core, ...ref })).toMatchObject({ involvedObject: regarding, message: 'hello' });
    expect(await kube.get({ kind: newer, ...ref })).toMatchObject({ regarding, note: 'hello' });
    await kube.patch({ kind: newer, ...ref }, { note: 'again' });
    expect(await kube.get({ kind: core, ...ref })).toMatchObject({ message: 'again' });
  });

  test('a default that a definition gets later shows on what was stored before', async () => {
    await kube.create(definitionKind, widgetDefinition);
    await expect.poll(() => kube.get({ kind: widgetKind, namespace: 'default', name: 'x' })).toBeUndefined();
    const made = await kube.create(widgetKind, widget('default', 'old', { size: 2 }));
    const definition = structuredClone(widgetDefinition) as unknown as Definition;
    definition.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.color = {
      type: 'string',
      default: 'red',
    };
    await kube.patch({ kind: definitionKind, name: widgetDefinition.metadata.name }, { spec: definition.spec });
    const read = () => kube.get({ kind: widgetKind, namespace: 'default', name: 'old' });
    await expect.poll(read).toMatchObject({ spec: { size: 2, color: 'red' } });
    expect((await read())?.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    await stop();
    await start();
    expect(await read()).toMatchObject({ spec: { size: 2, color: 'red' } });
  });

  test('a server that forgets its past still shows what is there', async () => {
    await kube.create(mapKind, map('one'));
    server.compact();
    await kube.create(mapKind, map('two'));
    const names = (await kube.list(mapKind, { namespace: 'default' })).map(item => item.metadata.name);
    expect(names).toEqual(['one', 'two']);
  });
});

interface Definition {
  readonly spec: {
    readonly versions: readonly [
      {
        readonly schema: {
          readonly openAPIV3Schema: {
            readonly properties: { readonly spec: { readonly properties: Record<string, object> } };
          };
        };
      },
    ];
  };
}
