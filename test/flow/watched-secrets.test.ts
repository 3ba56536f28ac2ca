// Secrets that say that they may be watched: a rotated credential is used at once, and none of it is kept.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { labels } from '../../src/function/names.ts';
import { secretKind } from '../../src/revision/credential.ts';
import { eventually } from '../eventually.ts';
import { digestOf } from './builder-farm.ts';
import { grantWatchedSecrets, isServiceAccount } from './service-account.ts';
import { type Plane, type System, startSystem } from './system.ts';

describe('a Secret that may be watched', () => {
  let system: System;
  let plane: Plane;

  beforeAll(async () => {
    system = await startSystem();
    if (isServiceAccount) await grantWatchedSecrets(system.kube, system.namespace);
    plane = await system.plane({ flags: ['--watch-secrets'] });
    await eventually('it leads', () => plane.log().includes('"every source is watched"'));
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const dataOf = (password: string) => ({ username: btoa('robot'), password: btoa(password) });
  const name = 'login';
  const watched = { [labels.watch]: 'true' };
  const srcRepo = () => ({ url: `${system.git.url}/team/guarded.git`, revision: 'main', credentials: { name } });

  it('is used at once when it appears, and when what it holds is another', async () => {
    const [old, fresh] = ['old-password-1', 'new-password-2'];
    system.git.accounts.set(old, 'robot');
    const repository = await system.git.repository('team/guarded', { isPrivate: true });
    const first = await repository.commit();
    await system.create('guarded', { spec: { build: { builder: 'b', srcRepo: srcRepo() } } });
    const says = (reason: string) =>
      system.until('guarded', `says ${reason}`, ({ status }) => {
        return findCondition(status?.conditions, 'Watching')?.reason === reason;
      });
    await says('SecretNotFound');

    const { apiVersion, kind } = secretKind;
    const metadata = { name, namespace: system.namespace, labels: watched };
    await system.kube.create(secretKind, { apiVersion, kind, metadata, type: 'Opaque', data: dataOf(old) });
    await system.untilServed('guarded', digestOf('guarded', first));

    system.git.accounts.delete(old);
    await says('Unauthorized');
    system.git.accounts.set(fresh, 'robot');
    const second = await repository.commit();
    await system.kube.patch({ kind: secretKind, namespace: system.namespace, name }, { data: dataOf(fresh) });
    await system.untilServed('guarded', digestOf('guarded', second));

    for (const secret of [old, fresh, btoa(old), btoa(fresh)]) expect(plane.log()).not.toContain(secret);
  });
});
