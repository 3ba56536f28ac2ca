import { describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../test/manual-clock.ts';
import { type Kube, KubeError, type KubeObject, type Ref } from '../platform/kube/kube.ts';
import type { GitSource } from '../watch/source.ts';
import { createCredentials } from './credential.ts';
import { loadInstallKey } from './install-key.ts';

const source: GitSource = { kind: 'git', forge: 'git', url: 'https://git.example/o/r' };
const ref = { namespace: 'ns', name: 's' };

/** Objects in memory that count how often they are read. */
class Objects {
  readonly objects = new Map<string, KubeObject>();
  reads = 0;
  failure: Error | undefined;
  gate: Promise<void> | undefined;

  put(name: string, data: Readonly<Record<string, string>>): void {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    this.objects.set(`ns/${name}`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'ns' },
      data: Object.fromEntries(encoded),
    });
  }

  readonly kube: Pick<Kube, 'get' | 'create'> = {
    get: async <T extends KubeObject>({ namespace, name }: Ref) => {
      this.reads += 1;
      await this.gate;
      if (this.failure) throw this.failure;
      return this.objects.get(`${namespace}/${name}`) as T | undefined;
    },
    create: async <T extends KubeObject>(_: unknown, object: KubeObject) => {
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      if (this.objects.has(key)) throw new KubeError({ status: 409, reason: 'AlreadyExists' }, 'is there');
      this.objects.set(key, object);
      return object as T;
    },
  };
}

function setUp(): { objects: Objects; clock: ManualClock; credentials: ReturnType<typeof createCredentials> } {
  const [objects, clock] = [new Objects(), createManualClock()];
  const installKey = new Uint8Array(32).fill(7);
  const credentials = createCredentials({ kube: objects.kube, installKey, clock, requireHosts: false });
  objects.put('s', { password: 'one' });
  return { objects, clock, credentials };
}

describe('revision/credential', () => {
  it('without a Secret is anonymous', async () => {
    const { credentials, objects } = setUp();
    expect(await credentials.resolve(undefined, source)).toEqual({
      credential: undefined,
      credentialId: 'anonymous',
      warnings: [],
    });
    expect(objects.reads).toBe(0);
  });

  it('one value has one identity, whatever its Secret is called, and the identity does not show it', async () => {
    const { credentials, objects } = setUp();
    objects.put('same', { password: 'one' });
    objects.put('user', { password: 'one', username: 'me' });
    objects.put('ca', { password: 'one', 'ca.crt': 'PEM' });
    const ids = await Promise.all(
      ['s', 'same', 'user', 'ca'].map(async name => (await credentials.resolve({ ...ref, name }, source)).credentialId),
    );
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });

  it('another installation gives another identity', async () => {
    const { credentials, objects, clock } = setUp();
    const other = createCredentials({ kube: objects.kube, installKey: new Uint8Array(32), clock, requireHosts: false });
    const [one, two] = await Promise.all([credentials.resolve(ref, source), other.resolve(ref, source)]);
    expect(one.credentialId).not.toBe(two.credentialId);
  });

  it('a Secret is kept for a minute and no longer', async () => {
    const { credentials, objects, clock } = setUp();
    await credentials.resolve(ref, source);
    objects.put('s', { password: 'two' });
    clock.advance(59_000);
    expect((await credentials.resolve(ref, source)).credential?.password).toBe('one');
    clock.advance(1_001);
    expect((await credentials.resolve(ref, source)).credential?.password).toBe('two');
    expect(objects.reads).toBe(2);
  });

  it('is read again when asked afresh, when too old for the asker, and when forgotten', async () => {
    const { credentials, objects, clock } = setUp();
    const read = async (options = {}) => (await credentials.resolve(ref, source, options)).credential?.password;
    await read();
    objects.put('s', { password: 'two' });
    expect(await read({ fresh: true })).toBe('two');
    objects.put('s', { password: 'three' });
    clock.advance(10_000);
    expect(await read({ maxAgeMs: 20_000 })).toBe('two');
    expect(await read({ maxAgeMs: 5_000 })).toBe('three');
    objects.put('s', { password: 'four' });
    credentials.forget(ref);
    expect(await read()).toBe('four');
  });

  it('many who ask at once cost one read', async () => {
    const { credentials, objects } = setUp();
    const opened = Promise.withResolvers<void>();
    objects.gate = opened.promise;
    const asked = Array.from({ length: 50 }, () => credentials.resolve(ref, source, { fresh: true }));
    opened.resolve();
    await Promise.all(asked);
    expect(objects.reads).toBe(1);
  });

  it('a Secret that is not there is looked for again soon', async () => {
    const { credentials, objects, clock } = setUp();
    const late = { ...ref, name: 'late' };
    const missing = expect.objectContaining({ reason: 'SecretNotFound', message: expect.stringContaining('ns/late') });
    await expect(credentials.resolve(late, source)).rejects.toThrow(missing);
    objects.put('late', { token: 't' });
    clock.advance(20_000);
    expect((await credentials.resolve(late, source)).credential?.password).toBe('t');
  });

  it('what the API server forbids is told as a missing Secret; its other troubles are passed on and not kept', async () => {
    const { credentials, objects } = setUp();
    objects.failure = new KubeError({ status: 403, reason: 'Forbidden' }, 'no');
    await expect(credentials.resolve(ref, source)).rejects.toThrow(
      expect.objectContaining({ reason: 'SecretNotFound', message: expect.stringContaining('grant get') }),
    );
    objects.failure = new KubeError({ status: 0, reason: 'Unreachable' }, 'gone');
    await expect(credentials.resolve(ref, source)).rejects.toThrow(objects.failure);
    objects.failure = undefined;
    expect((await credentials.resolve(ref, source)).credential?.password).toBe('one');
  });
});

describe('revision/install-key', () => {
  it('is made once, whoever comes first', async () => {
    const { objects } = setUp();
    const keys = await Promise.all([1, 2, 3].map(() => loadInstallKey(objects.kube, 'ns')));
    expect(keys[0]).toHaveLength(32);
    expect(new Set(keys.map(key => Buffer.from(key).toString('hex'))).size).toBe(1);
    expect(await loadInstallKey(objects.kube, 'ns')).toEqual(keys[0]);
  });

  it('a Secret without a usable key is not overwritten', async () => {
    const { objects } = setUp();
    objects.put('revflow-install', { key: 'short' });
    await expect(loadInstallKey(objects.kube, 'ns')).rejects.toThrow(
      expect.objectContaining({ reason: 'SecretKeyMissing' }),
    );
  });
});
