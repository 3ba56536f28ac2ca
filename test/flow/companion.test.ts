// `revflow run --steps watch` on OpenFunction's own definitions: what it writes there, to the byte, and what it asks for at all.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/function/kinds.ts';
import { annotations } from '../../src/function/names.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import { eventKind } from '../../src/platform/kube/events.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { secretKind } from '../../src/revision/credential.ts';
import { eventually } from '../eventually.ts';
import { ownDefinitions } from '../servers/api-server.ts';
import type { FaultProxy, ProxiedRequest } from '../servers/fault-proxy.ts';
import { pushImage } from '../servers/push-image.ts';
import {
  hasDockerRegistry,
  skipsWithoutDockerRegistry,
  startRegistry,
  type TestRegistry,
} from '../servers/registry.ts';
import { companionGrants, usesOf } from './grants.ts';
import { openFunctionDefinitions, openFunctionStatus } from './openfunction.ts';
import { grantCompanion, isServiceAccount } from './service-account.ts';
import { type FunctionParts, type Plane, type System, startSystem } from './system.ts';

const absent = openFunctionDefinitions.length === 0;
const why = absent ? ' (skipped: OpenFunction’s definitions are not at hand)' : '';
const needs = hasDockerRegistry ? '' : ` (${skipsWithoutDockerRegistry})`;

describe.skipIf(absent)(`companion mode on OpenFunction’s own definitions${why}`, () => {
  let system: System;
  let proxy: FaultProxy;
  let kubeconfig: string;
  let plane: Plane;
  let registry: TestRegistry | undefined;

  beforeAll(async () => {
    registry = hasDockerRegistry ? await startRegistry() : undefined;
    system = await startSystem({ definitions: openFunctionDefinitions });
    if (isServiceAccount) await grantCompanion(system.kube);
    const access = await system.cluster.breakable();
    proxy = access.proxy;
    kubeconfig = access.kubeconfig;
    plane = await start();
  });
  afterAll(async () => {
    if (system.cluster.isReal) await system.cluster.install(await ownDefinitions());
    await system[Symbol.asyncDispose]();
    await registry?.close();
  });

  const start = () =>
    system.plane({
      flags: ['--steps=watch'],
      account: 'revflow-companion',
      kubeconfig,
      allow: registry ? [registry.host] : [],
    });
  /** What was written since a moment, without revflow's own Lease. */
  const writesSince = (since: number) =>
    proxy.requests.slice(since).filter(({ method, url }) => method !== 'GET' && !url.includes('/leases'));
  const remembered = (fn: FunctionObject) =>
    JSON.parse(fn.metadata.annotations?.[annotations.revflowState] ?? '{}') as { readonly baseline?: string };
  const remembers = (name: string, id: string) =>
    system.until(name, `remembers ${id}`, fn => remembered(fn).baseline === id);
  const eventsOf = async (name: string) => {
    const events = await system.kube.list<KubeObject>(eventKind, { namespace: system.namespace });
    return events.filter(event => Reflect.get(Object(event['regarding']), 'name') === name);
  };
  /** Some polls passed. */
  const polls = (path: string, count: number) => {
    const asked = () => system.git.requests.filter(request => request.url.includes(path)).length;
    const before = asked();
    return eventually(`${count} polls of ${path}`, () => asked() >= before + count);
  };

  interface Told {
    readonly name: string;
    readonly parts: FunctionParts;
    /** What OpenFunction recorded of what is there first. */
    readonly status: object;
    readonly first: string;
    /** Makes a change; the id. */
    readonly change: () => Promise<string>;
    readonly patch: (id: string) => object;
  }

  /** The one status patch, the one annotation, the one Event of a change; what else was written. */
  async function tell({ name, parts, status, first, change, patch }: Told): Promise<readonly ProxiedRequest[]> {
    await system.create(name, parts);
    await system.patch(name, { status }, 'status');
    await remembers(name, first);
    await eventually('the Event of what is watched', async () => (await eventsOf(name)).length === 1);

    const since = proxy.requests.length;
    const id = await change();
    const fn = await remembers(name, id);
    await eventually('the Event of the change', () => writesSince(since).length >= 3);
    expect((await system.read(name)).status).toEqual(mergePatch(status, patch(id)));

    const path = `/apis/${kinds.function.apiVersion}/namespaces/${system.namespace}/functions/${name}`;
    const [handshake, annotation, event, ...rest] = writesSince(since);
    expect(brief(handshake)).toBe(`PATCH ${path}/status?fieldManager=revflow-companion`);
    const resourceVersion: unknown = expect.any(String);
    expect(bodyOf(handshake)).toEqual({ metadata: { resourceVersion }, status: patch(id) });
    expect(brief(annotation)).toBe(`PATCH ${path}?fieldManager=revflow-companion`);
    const state = fn.metadata.annotations?.[annotations.revflowState];
    expect(bodyOf(annotation)).toEqual({
      metadata: { uid: fn.metadata.uid, annotations: { [annotations.revflowState]: state } },
    });
    expect(event?.url.split('?')[0]).toBe(`/apis/events.k8s.io/v1/namespaces/${system.namespace}/events`);
    return rest;
  }

  it('tells a new commit', async () => {
    const repository = await system.git.repository('team/source');
    const first = await repository.commit();
    const besides = await tell({
      name: 'source',
      parts: {},
      status: openFunctionStatus({
        sources: [{ name: 'default', git: { commitSha: first, commitAuthor: 'A. Author' } }],
        revision: { imageDigest: digest('1') },
      }),
      first,
      change: () => repository.commit(),
      patch: commitSha => ({ build: null, sources: [{ name: 'default', git: { commitSha } }] }),
    });
    expect(besides).toEqual([]);
  });

  it.skipIf(!hasDockerRegistry)(`tells a new bundle${needs}`, async () => {
    const url = registry?.url ?? '';
    const push = (seed: string) => pushImage({ url }, 'team/bundle:main', { seed });
    const first = await push('1');
    const bundleContainer = { image: `${registry?.host}/team/bundle:main` };
    const besides = await tell({
      name: 'bundle',
      parts: {
        params: 'type: source-image\npolling-interval: 1s',
        spec: { build: { builder: 'b', srcRepo: { bundleContainer } } },
      },
      status: openFunctionStatus({ sources: [{ name: 'default', bundle: { digest: first } }] }),
      first,
      change: () => push('2'),
      patch: bundle => ({ build: null, sources: [{ name: 'default', bundle: { digest: bundle } }] }),
    });
    expect(besides).toEqual([]);
  });

  it.skipIf(!hasDockerRegistry)(`tells a new function image${needs}`, async () => {
    const url = registry?.url ?? '';
    const push = (seed: string) => pushImage({ url }, 'team/image:v1', { seed });
    const first = await push('1');
    const besides = await tell({
      name: 'image',
      parts: {
        params: 'type: image\npolling-interval: 1s',
        spec: { image: `${registry?.host}/team/image:v1`, build: undefined },
      },
      status: openFunctionStatus({ revision: { imageDigest: first } }),
      first,
      change: () => push('2'),
      patch: imageDigest => ({ serving: { state: '', resourceHash: '' }, revision: { imageDigest } }),
    });
    expect(besides).toEqual([]);
  });

  it('takes what is there for the beginning, and writes nothing while nothing changes', async () => {
    const repository = await system.git.repository('team/still');
    const first = await repository.commit();
    await system.create('still');
    await remembers('still', first);
    await eventually('the Event of what is watched', async () => (await eventsOf('still')).length === 1);
    const since = proxy.requests.length;
    await polls('team/still', 2);
    expect(writesSince(since)).toEqual([]);
    expect((await system.read('still')).status).toBeUndefined();
  });

  it('goes on telling after OpenFunction wrote its own status, and tells of nothing twice', async () => {
    const repository = await system.git.repository('team/again');
    const first = await repository.commit();
    await system.create('again');
    await remembers('again', first);
    for (let push = 0; push < 2; push += 1) {
      const id = await repository.commit();
      await remembers('again', id);
      expect((await system.read('again')).status?.build).toBeUndefined();
      const sources = [{ name: 'default', git: { commitSha: id, commitAuthor: 'A. Author' } }];
      await system.patch('again', { status: openFunctionStatus({ sources }) }, 'status');
      const since = proxy.requests.length;
      await polls('team/again', 2);
      expect(writesSince(since).filter(({ url }) => url.includes('/functions/again'))).toEqual([]);
    }
    await repository.branch('main', first);
    await remembers('again', first);
    const { status } = await system.read('again');
    expect(status?.sources).toEqual([{ name: 'default', git: { commitSha: first } }]);
  });

  it('sends a Secret’s credential to the forge and nowhere else', async () => {
    const password = 'companion-pass-1';
    system.git.accounts.set(password, 'robot');
    const repository = await system.git.repository('team/private', { isPrivate: true });
    const first = await repository.commit();
    const data = { username: btoa('robot'), password: btoa(password) };
    const metadata = { name: 'git-login', namespace: system.namespace };
    const { apiVersion, kind } = secretKind;
    await system.kube.create(secretKind, { apiVersion, kind, metadata, type: 'kubernetes.io/basic-auth', data });
    const url = `${system.git.url}/team/private.git`;
    const srcRepo = { url, revision: 'main', credentials: { name: 'git-login' } };
    await system.create('private', { spec: { build: { builder: 'b', srcRepo } } });
    await remembers('private', first);
    const second = await repository.commit();
    await remembers('private', second);
    for (const secret of [password, btoa(password), btoa(`robot:${password}`)]) {
      expect(JSON.stringify(proxy.requests)).not.toContain(secret);
      expect(plane.log()).not.toContain(secret);
    }
  });

  it('says in Events what it cannot watch, and counts when it says so again', async () => {
    const repository = await system.git.repository('team/unclear');
    await repository.commit();
    const since = proxy.requests.length;
    await system.create('unclear', { params: 'repo-type: sourceforge' });
    const said = (reason: string, count?: number) =>
      eventually(`Event ${reason}`, async () => {
        const event = (await eventsOf('unclear')).find(each => each['reason'] === reason);
        return event && (count === undefined || Reflect.get(Object(event['series']), 'count') === count);
      });
    const params = (text: string) =>
      system.patch('unclear', { metadata: { annotations: { [annotations.revisionControllerParams]: text } } });
    await said('BadParams');
    await params('repo-type: git');
    await said('Observed');
    await params('repo-type: sourceforge');
    await said('BadParams', 2);
    expect(writesSince(since).filter(({ url }) => url.includes('/status'))).toEqual([]);
  });

  it('asks for no Function anew when it is started again', async () => {
    await plane.stop();
    const since = proxy.requests.length;
    plane = await start();
    await polls('team/still', 2);
    const asked = proxy.requests.slice(since).filter(({ url }) => url.includes('/functions/still'));
    expect(asked).toEqual([]);
  });

  it('asks for exactly what its overlay grants', async () => {
    await eventually('the Lease was renewed', () =>
      proxy.requests.some(({ method, url }) => method === 'PATCH' && url.includes('/leases/')),
    );
    expect([...usesOf(proxy.requests)].toSorted()).toEqual([...(await companionGrants())].toSorted());
  });
});

function digest(end: string): string {
  return `sha256:${end.padStart(64, '0')}`;
}

function brief(request: ProxiedRequest | undefined): string {
  return `${request?.method} ${request?.url}`;
}

function bodyOf(request: ProxiedRequest | undefined): unknown {
  return JSON.parse(request?.body ?? '{}');
}

/** Two levels of a JSON merge patch: as much as is needed here. */
function mergePatch(status: object, patch: object): object {
  const parts = { ...status, ...patch } as Record<string, unknown>;
  const entries = Object.entries(parts).filter(([, part]) => part !== null);
  return Object.fromEntries(
    entries.map(([key, part]) => {
      const old: unknown = Reflect.get(status, key);
      return [key, Array.isArray(part) || old === undefined ? part : { ...Object(old), ...Object(part) }];
    }),
  );
}
