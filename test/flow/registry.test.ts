// Images of a real registry, watched: a pushed bundle is built once, pinned, and a pushed function image is served without a build.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { eventually } from '../eventually.ts';
import { ask, manifestTypes, pushImage } from '../servers/push-image.ts';
import {
  hasDockerRegistry,
  skipsWithoutDockerRegistry,
  startRegistry,
  type TestRegistry,
} from '../servers/registry.ts';
import { digestOf } from './builder-farm.ts';
import { type System, startSystem } from './system.ts';

const skipped = hasDockerRegistry ? '' : ` (${skipsWithoutDockerRegistry})`;

describe.skipIf(!hasDockerRegistry)(`watched images${skipped}`, { concurrent: true }, () => {
  let system: System;
  let open: TestRegistry;
  let closed: TestRegistry;

  beforeAll(async () => {
    [system, open, closed] = await Promise.all([startSystem(), startRegistry(), startRegistry({ auth: 'htpasswd' })]);
    await system.plane({ allow: [open.host, closed.host] });
  });
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await open.close();
    await closed.close();
  });

  const params = (type: string) => `type: ${type}\npolling-interval: 1s`;
  const serving = { triggers: { http: {} } };
  const builds = (name: string) => system.farm.revisionsOf(name);
  const watching = (name: string, reason: string) =>
    system.until(name, `says ${reason}`, ({ status }) => {
      return findCondition(status?.conditions, 'Watching')?.reason === reason;
    });
  const createImage = (name: string, over: object = {}) =>
    system.create(name, {
      params: params('image'),
      spec: { image: `${open.host}/team/${name}:v1`, build: undefined, serving, ...over },
    });
  const createBundle = (name: string) => {
    const srcRepo = { bundleContainer: { image: `${open.host}/team/${name}:v1` } };
    return system.create(name, {
      params: params('source-image'),
      spec: { build: { builder: 'registry.example/builder:1', srcRepo } },
    });
  };
  const secretOf = (password: string) => {
    const auth = { username: closed.user, password };
    return { '.dockerconfigjson': JSON.stringify({ auths: { [closed.host]: auth } }) };
  };

  it('of a bundle: each digest is built once, pinned to it, and the result is served', async () => {
    const first = await pushImage(open, 'team/bundle:v1', { seed: 'one' });
    await createBundle('bundle');
    await system.untilServed('bundle', digestOf('bundle', first));
    const second = await pushImage(open, 'team/bundle:v1', { seed: 'two', type: 'ociIndex' });
    await system.untilServed('bundle', digestOf('bundle', second));

    expect(builds('bundle')).toEqual([first, second]);
    const { status } = await system.read('bundle');
    expect(status?.build?.revision).toBe(second);
    expect(status?.sources).toEqual([{ name: 'default', bundle: { digest: second } }]);
  });

  it('of a function: each digest is served as repo:tag@digest, which can be pulled, and nothing is built', async () => {
    const first = await pushImage(open, 'team/plain:v1', { seed: 'plain one' });
    await createImage('plain');
    await system.untilServed('plain', first);
    const second = await pushImage(open, 'team/plain:v1', { seed: 'plain two', type: 'docker' });
    await system.untilServed('plain', second);

    const { status } = await system.read('plain');
    const name = status?.serving?.resourceRef ?? '';
    const object = await system.kube.get({ kind: kinds.serving, namespace: system.namespace, name });
    expect(object?.['spec']).toMatchObject({ image: `${open.host}/team/plain:v1@${second}` });
    const accept = Object.values(manifestTypes).join(', ');
    expect((await ask(open, `/v2/team/plain/manifests/${second}`, { headers: { accept } })).status).toBe(200);
    expect(builds('plain')).toEqual([]);
    await eventually('the Serving before is gone', async () => {
      const all = await system.kube.list(kinds.serving, { namespace: system.namespace });
      return all.filter(each => each.metadata.ownerReferences?.[0]?.name === 'plain').length === 1;
    });
  });

  it('of a function whose tag goes back to an older image: it is served once it was seen twice', async () => {
    const first = await pushImage(open, 'team/back:v1', { seed: 'back one' });
    await createImage('back');
    await system.untilServed('back', first);
    const second = await pushImage(open, 'team/back:v1', { seed: 'back two' });
    await system.untilServed('back', second);
    await pushImage(open, 'team/back:v1', { seed: 'back one' });
    await system.untilServed('back', first);
    expect(builds('back')).toEqual([]);
  });

  it('of a function whose tag is gone for a while: what serves stays, and the next image is served', async () => {
    const first = await pushImage(open, 'team/gone:v1', { seed: 'gone one' });
    await createImage('gone');
    await system.untilServed('gone', first);
    await ask(open, `/v2/team/gone/manifests/${first}`, { method: 'DELETE' });
    await watching('gone', 'TagNotFound');
    await system.untilServed('gone', first);
    const second = await pushImage(open, 'team/gone:v1', { seed: 'gone two' });
    await system.untilServed('gone', second);
    expect(builds('gone')).toEqual([]);
  });

  it('of a function that is held or suspended: the newest waits until it is not', async () => {
    const first = await pushImage(open, 'team/held:v1', { seed: 'held one' });
    await createImage('held');
    await system.untilServed('held', first);
    const annotate = (annotations: object) => system.patch('held', { metadata: { annotations } });
    await annotate({ 'openfunction.io/hold': 'a freeze' });
    const second = await pushImage(open, 'team/held:v1', { seed: 'held two' });
    const served = (reason: string) =>
      system.until('held', `says ${reason}`, ({ status }) => {
        return findCondition(status?.conditions, 'Served')?.reason === reason;
      });
    await served('Held');
    await system.untilServed('held', first);
    await annotate({ 'openfunction.io/hold': null });
    await system.untilServed('held', second);

    await annotate({ 'openfunction.io/suspend': 'true' });
    const third = await pushImage(open, 'team/held:v1', { seed: 'held three' });
    await served('Suspended');
    await system.untilServed('held', second);
    await annotate({ 'openfunction.io/suspend': null });
    await system.untilServed('held', third);
    expect(builds('held')).toEqual([]);
  });

  it('of a builder: each Function that asks for it is built once more, watched or not, and no other', async () => {
    const image = `${open.host}/team/builder:1`;
    const asked = { 'openfunction.io/rebuild-on': 'builder-image' };
    const unwatched = { 'openfunction.io/revision-controller': 'disable' };
    const first = await pushImage(open, 'team/builder:1', { seed: 'builder one' });
    const digest = await pushImage(open, 'team/source:v1', { seed: 'source' });
    const srcRepo = { bundleContainer: { image: `${open.host}/team/source:v1` } };
    const create = (name: string, annotations: Record<string, string>) =>
      system.create(name, {
        params: params('source-image'),
        annotations,
        spec: { build: { builder: image, srcRepo } },
      });
    const names = ['built-watched', 'built-unwatched', 'built-alone'];
    await create('built-watched', asked);
    await create('built-unwatched', { ...asked, ...unwatched });
    await create('built-alone', {});
    const recorded = (name: string, builder: string) =>
      system.until(name, `is built with ${builder}`, ({ status }) => {
        return status?.build?.state === 'Succeeded' && status.watch?.buildImages?.[0]?.digest === builder;
      });
    await Promise.all(['built-watched', 'built-unwatched'].map(name => recorded(name, first)));
    await system.untilServed('built-alone', digestOf('built-alone', digest));
    expect(names.map(name => builds(name).length)).toEqual([1, 1, 1]);

    const second = await pushImage(open, 'team/builder:1', { seed: 'builder two' });
    const [fn] = await Promise.all(['built-watched', 'built-unwatched'].map(name => recorded(name, second)));
    expect(fn?.status?.build).toMatchObject({ cause: 'BuilderImageMoved', revision: digest });
    // The same tag, pushed again as it was, is no move; a later source is built once.
    await pushImage(open, 'team/builder:1', { seed: 'builder two' });
    const later = await pushImage(open, 'team/source:v1', { seed: 'source two' });
    await system.untilServed('built-watched', digestOf('built-watched', later));
    await system.untilServed('built-alone', digestOf('built-alone', later));
    expect(builds('built-watched')).toEqual([digest, digest, later]);
    expect(builds('built-unwatched')).toEqual([undefined, undefined]);
    expect(builds('built-alone')).toEqual([digest, later]);
  });

  it('behind a password that is rotated together with its Secret', async () => {
    const basic = (password: string) => `Basic ${Buffer.from(`${closed.user}:${password}`).toString('base64')}`;
    const push = (password: string, seed: string) =>
      pushImage({ ...closed, authorization: basic(password) }, 'team/private:v1', { seed });
    const first = await push('right', 'private one');
    await system.kube.create(kinds.secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/dockerconfigjson',
      metadata: { name: 'pull', namespace: system.namespace },
      stringData: secretOf('right'),
    });
    await createImage('private', { image: `${closed.host}/team/private:v1`, imageCredentials: { name: 'pull' } });
    await system.untilServed('private', first);

    const ref = { kind: kinds.secret, namespace: system.namespace, name: 'pull' };
    await system.kube.patch(ref, { stringData: secretOf('rotated') });
    await closed.setPassword('rotated');
    const second = await push('rotated', 'private two');
    await system.untilServed('private', second);
    expect(JSON.stringify(await system.read('private'))).not.toContain('rotated');
  });
});
