// What every API server must do for the kube port: each method, and each way in which it may be refused.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Kind, type Kube, KubeError, type Ref } from '../../src/platform/kube/kube.ts';
import { isRealCluster, startTestCluster, type TestCluster } from '../servers/api-server.ts';
import { type Widget, widget, widgetDefinition, widgetKind } from './widget.ts';

const configMapKind: Kind = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const secretKind: Kind = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };

/** The error that an answer must be; anything else fails the test. */
export async function refused(answer: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await answer.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof KubeError)) throw error;
  return error;
}

/** The suite, over the API server that `startTestCluster` finds. */
export function kubeContract(): void {
  describe(`kube port over ${isRealCluster ? 'a real' : 'the embedded'} API server`, () => {
    let cluster: TestCluster;
    let kube: Kube;
    let namespace: string;
    const ref = (name: string): Ref => ({ kind: widgetKind, namespace, name });

    beforeAll(async () => {
      cluster = await startTestCluster();
      kube = cluster.kube;
      await cluster.install([widgetDefinition]);
      namespace = await cluster.namespace();
    });
    afterAll(() => cluster[Symbol.asyncDispose]());

    test('an absent object reads as undefined', async () => {
      expect(await kube.get(ref('absent'))).toBeUndefined();
    });

    test('an object reads as it was created', async () => {
      const made = await kube.create<Widget>(widgetKind, widget(namespace, 'made', { size: 3 }));
      expect(made.metadata).toMatchObject({ name: 'made', namespace, generation: 1 });
      expect(await kube.get(ref('made'))).toEqual(made);
    });

    test('what is created carries our field manager', async () => {
      const made = await kube.create(widgetKind, widget(namespace, 'managed'));
      expect(made).toMatchObject({ metadata: { managedFields: [{ manager: 'revflow', operation: 'Update' }] } });
    });

    test('a taken name is AlreadyExists', async () => {
      await kube.create(widgetKind, widget(namespace, 'taken'));
      const error = await refused(kube.create(widgetKind, widget(namespace, 'taken')));
      expect(error).toMatchObject({ status: 409, reason: 'AlreadyExists' });
      expect(error.message).toContain(`create Widget ${namespace}/taken`);
    });

    test('a value that the definition refuses is Invalid and names the field', async () => {
      const error = await refused(kube.create(widgetKind, widget(namespace, 'large', { size: 11 })));
      expect(error).toMatchObject({ status: 422, reason: 'Invalid' });
      expect(error.message).toContain('spec.size');
    });

    test('an object of another kind is refused before it is sent', async () => {
      const error = await refused(kube.create(configMapKind, widget(namespace, 'other')));
      expect(error).toMatchObject({ status: 400, reason: 'BadRequest' });
    });

    test.each(['', '.', '..'])('the name "%s" is refused before it is sent', async name => {
      await kube.create(widgetKind, widget(namespace, `kept${name.length}`));
      expect(await refused(kube.remove(ref(name)))).toMatchObject({ status: 400, reason: 'BadRequest' });
      expect(await kube.get(ref(`kept${name.length}`))).toBeDefined();
    });

    test('a name with a slash is one name', async () => {
      expect(await kube.get(ref('a/status'))).toBeUndefined();
    });

    test('a namespaced object without its namespace is refused', async () => {
      const error = await refused(kube.get({ kind: widgetKind, name: 'made' }));
      expect(error).toMatchObject({ status: 400, reason: 'BadRequest' });
    });

    test('applying creates, and the same again changes nothing', async () => {
      const first = await kube.apply<Widget>(widgetKind, widget(namespace, 'applied', { color: 'red' }));
      const second = await kube.apply<Widget>(widgetKind, widget(namespace, 'applied', { color: 'red' }));
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      expect(second.metadata.generation).toBe(1);
    });

    test('an object that was read can be applied', async () => {
      const read = await kube.apply<Widget>(widgetKind, widget(namespace, 'reapplied', { color: 'red' }));
      const { uid: _, resourceVersion: __, ...metadata } = read.metadata;
      expect(await kube.apply(widgetKind, { ...read, metadata })).toMatchObject({ spec: { color: 'red' } });
    });

    test('applying over a field of another manager is a Conflict and changes nothing', async () => {
      const cli = await cluster.connect({ fieldManager: 'revflow-cli' });
      await cli.apply(widgetKind, widget(namespace, 'fought', { color: 'red' }));
      const error = await refused(kube.apply(widgetKind, widget(namespace, 'fought', { color: 'blue' })));
      expect(error).toMatchObject({ status: 409, reason: 'Conflict' });
      expect(error.message).toContain('revflow-cli');
      expect(await kube.get(ref('fought'))).toMatchObject({ spec: { color: 'red' } });
    });

    test('a patch merges, and null removes', async () => {
      await kube.create(widgetKind, widget(namespace, 'patched', { size: 1, color: 'red' }));
      const patched = await kube.patch<Widget>(ref('patched'), { spec: { size: 2, color: null } });
      expect(patched.spec).toEqual({ size: 2 });
    });

    test('a status patch leaves the spec alone, and the other way round', async () => {
      await kube.create(widgetKind, widget(namespace, 'twofold', { size: 1 }));
      const both = { spec: { size: 5 }, status: { phase: 'Up' } };
      const status = await kube.patch<Widget>(ref('twofold'), both, { subresource: 'status' });
      expect(status).toMatchObject({ spec: { size: 1 }, status: { phase: 'Up' }, metadata: { generation: 1 } });
      const main = await kube.patch<Widget>(ref('twofold'), { ...both, status: { phase: 'Down' } });
      expect(main).toMatchObject({ spec: { size: 5 }, status: { phase: 'Up' }, metadata: { generation: 2 } });
    });

    test('a patch decided on an older version is a Conflict', async () => {
      const made = await kube.create<Widget>(widgetKind, widget(namespace, 'moved', { size: 1 }));
      const version = made.metadata.resourceVersion ?? '';
      const body = { metadata: { labels: { a: 'b' } }, spec: { size: 2 } };
      const moved = await kube.patch<Widget>(ref('moved'), body, { resourceVersion: version });
      expect(moved).toMatchObject({ metadata: { labels: { a: 'b' } }, spec: { size: 2 } });
      for (const subresource of [{}, { subresource: 'status' }] as const) {
        const error = await refused(kube.patch(ref('moved'), body, { resourceVersion: version, ...subresource }));
        expect(error).toMatchObject({ status: 409, reason: 'Conflict' });
      }
    });

    test('a patch of an absent object is NotFound', async () => {
      expect(await refused(kube.patch(ref('absent'), {}))).toMatchObject({ status: 404, reason: 'NotFound' });
    });

    test('removing says whether it was there', async () => {
      await kube.create(widgetKind, widget(namespace, 'removed'));
      expect(await kube.remove(ref('removed'))).toBe(true);
      expect(await kube.remove(ref('removed'))).toBe(false);
    });

    test('an object of another UID or version is not removed', async () => {
      const made = await kube.create(widgetKind, widget(namespace, 'guarded'));
      for (const condition of [{ uid: 'another' }, { resourceVersion: '1' }]) {
        expect(await refused(kube.remove(ref('guarded'), condition))).toMatchObject({
          status: 409,
          reason: 'Conflict',
        });
      }
      const { uid = '', resourceVersion = '' } = made.metadata;
      expect(await kube.remove(ref('guarded'), { uid, resourceVersion })).toBe(true);
    });

    test('a list holds what its namespace and labels ask for', async () => {
      const [one, other] = [await cluster.namespace(), await cluster.namespace()];
      const labelled = { ...widget(one, 'b'), metadata: { namespace: one, name: 'b', labels: { wanted: 'yes' } } };
      await Promise.all(
        [widget(one, 'a'), labelled, widget(other, 'a')].map(object => kube.create(widgetKind, object)),
      );
      const names = async (options: object) => (await kube.list(widgetKind, options)).map(item => item.metadata.name);
      expect(await names({ namespace: one })).toEqual(['a', 'b']);
      expect(await names({ namespace: one, labelSelector: 'wanted=yes' })).toEqual(['b']);
      expect(await names({ namespace: 'no-such-namespace' })).toEqual([]);
      const everywhere = (await kube.list(widgetKind)).map(item => item.metadata.namespace);
      expect(everywhere).toEqual(expect.arrayContaining([one, other]));
    });

    test('items of a list of a built-in kind say what they are', async () => {
      await kube.create(configMapKind, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'plain' } });
      const [first] = await kube.list(configMapKind, { namespace });
      expect(first).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' } });
    });

    test('discovery tells the kinds that are served from those that are not', async () => {
      expect(await kube.serves(widgetKind)).toBe(true);
      expect(await kube.serves(configMapKind)).toBe(true);
      expect(await kube.serves({ ...widgetKind, kind: 'Gadget', plural: 'gadgets' })).toBe(false);
      expect(await kube.serves({ ...widgetKind, apiVersion: 'contract.revflow.test/v9' })).toBe(false);
      expect(await kube.serves({ ...widgetKind, apiVersion: 'absent.revflow.test/v1' })).toBe(false);
    });

    test('the message of a refused Secret quotes nothing of it', async () => {
      const metadata = { namespace, name: 'secret' };
      const data = { token: 'not base64: hunter2' };
      const error = await refused(kube.create(secretKind, { apiVersion: 'v1', kind: 'Secret', metadata, data }));
      expect(error.status).toBe(400);
      expect(error.message).toContain(`create Secret ${namespace}/secret`);
      expect(error.message).not.toContain('hunter2');
    });

    test('sequential requests do not open a connection each', async () => {
      const { proxy, kubeconfig } = await cluster.severable();
      const client = await cluster.connect({ kubeconfig });
      for (let request = 0; request < 15; request += 1) await client.get(ref('made'));
      for (let request = 0; request < 15; request += 1) await client.remove(ref('never-made'));
      // A request that comes before the former connection is free again opens a second one.
      expect(proxy.accepted).toBeLessThanOrEqual(2);
    });

    test('a token that is not known is Unauthorized', async () => {
      const kubeconfig = await cluster.withToken('');
      const client = await cluster.connect({ kubeconfig });
      const error = await refused(client.get(ref('made')));
      expect(error).toMatchObject({ status: 401, reason: 'Unauthorized' });
    });
  });
}
