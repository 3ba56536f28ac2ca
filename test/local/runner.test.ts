// The local runner over an API server: what Shipwright would do with a Build and a BuildRun, seen from their status.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shipwright } from '../../src/build/shipwright/backend.ts';
import { kinds } from '../../src/function/kinds.ts';
import { startRegistry } from '../../src/local/registry/server.ts';
import type { Kind, KubeObject } from '../../src/platform/kube/kube.ts';
import { silentLog } from '../servers/api-server.ts';
import { runnerBench } from './runner-bench.ts';
import { gitSource } from './work-bench.ts';

const bench = runnerBench();
let made = 0;

const start = (concurrency = 4) => bench.start({ concurrency });

function object(kind: Kind, name: string, spec: object): KubeObject {
  return { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name, namespace: bench.namespace }, spec };
}

/** A Build and its BuildRun; gives their common name. */
async function order(spec: object, run: object = {}): Promise<string> {
  made += 1;
  const name = `b${made}`;
  const output = { image: `${bench.registry.host}/${bench.namespace}/fn:v1` };
  const strategy = { name: 'buildpacks', kind: 'ClusterBuildStrategy' };
  await bench.cluster.kube.create(kinds.build, object(kinds.build, name, { strategy, output, ...spec }));
  await bench.cluster.kube.create(kinds.buildRun, object(kinds.buildRun, name, { build: { name }, ...run }));
  return name;
}

interface RunStatus {
  readonly conditions?: readonly { readonly status: string; readonly reason: string; readonly message: string }[];
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly output?: { readonly digest: string };
  readonly source?: { readonly git?: { readonly commitSha: string } };
  readonly failureDetails?: { readonly reason: string; readonly message: string };
}

function until<T>(kind: Kind, name: string, read: (status: RunStatus & KubeObject) => T | undefined): Promise<T> {
  return bench.until(kind, name, status => read(status as RunStatus & KubeObject));
}

function finished(name: string): Promise<RunStatus> {
  return until(kinds.buildRun, name, status => (status.completionTime === undefined ? undefined : status));
}

function started(name: string): Promise<RunStatus> {
  return until(kinds.buildRun, name, status => (status.startTime === undefined ? undefined : status));
}

let repositories = 0;
async function repository() {
  repositories += 1;
  return bench.git.repository(`o/r${repositories}`);
}

describe('a Build', () => {
  it('is registered, and what cannot be built is not', async () => {
    await start();
    const { url } = await repository();
    const good = await order({ source: gitSource(url) });
    const bad = await order({ source: gitSource('ssh://git@host/x') });
    const registered = (name: string) =>
      until(kinds.build, name, status => (status['registered'] === undefined ? undefined : status));
    expect(await registered(good)).toEqual({
      registered: 'True',
      reason: 'Succeeded',
      message: 'all validations succeeded',
    });
    expect(await registered(bad)).toMatchObject({ registered: 'False', reason: 'RemoteRepositoryUnreachable' });
    expect((await finished(bad)).conditions).toMatchObject([{ status: 'False', reason: 'BuildRegistrationFailed' }]);
  });
});

describe('a BuildRun', () => {
  it('tells digest, size, commit and author, in a status that reads as succeeded', async () => {
    await start();
    const repo = await repository();
    const commitSha = await repo.commit();
    const name = await order({ source: gitSource(repo.url, { revision: commitSha }) });
    const status = await finished(name);
    expect(status).toEqual({
      conditions: [
        {
          type: 'Succeeded',
          status: 'True',
          reason: 'Succeeded',
          message: 'packed, not built: strategy buildpacks needs a cluster',
          lastTransitionTime: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      ],
      startTime: expect.stringMatching(/^\d{4}-.*Z$/),
      completionTime: expect.stringMatching(/^\d{4}-.*Z$/),
      output: { digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), size: expect.any(Number) },
      source: { git: { commitSha, commitAuthor: 'Test' }, timestamp: '2026-01-01T00:00:01Z' },
    });
    const run = await bench.cluster.kube.get({ kind: kinds.buildRun, namespace: bench.namespace, name });
    expect(run && shipwright.result(run)).toMatchObject({ phase: 'succeeded', note: expect.stringMatching(/^packed/) });
    const log = await readFile(join(bench.directory, 'logs', bench.namespace, `${name}.log`), 'utf8');
    expect(log).toContain(`checked out ${commitSha}`);
  });

  it('may carry its Build itself', async () => {
    await start();
    const repo = await repository();
    await repo.commit();
    const output = { image: `${bench.registry.host}/${bench.namespace}/embedded` };
    const spec = { source: gitSource(repo.url), strategy: { name: 'x' }, output };
    await bench.cluster.kube.create(kinds.buildRun, object(kinds.buildRun, 'embedded', { build: { spec } }));
    expect((await finished('embedded')).conditions).toMatchObject([{ status: 'True' }]);
  });

  it('of no Build fails as Shipwright has it', async () => {
    await start();
    await bench.cluster.kube.create(kinds.buildRun, object(kinds.buildRun, 'orphan', { build: { name: 'none' } }));
    expect((await finished('orphan')).conditions).toMatchObject([{ status: 'False', reason: 'BuildNotFound' }]);
  });

  it('that fails says why, with the end of its log and without a secret', async () => {
    await start();
    const repo = await repository();
    repo.isPrivate = true;
    await repo.commit();
    await bench.cluster.kube.create(kinds.secret, {
      ...object(kinds.secret, 'token', {}),
      type: 'kubernetes.io/basic-auth',
      stringData: { username: 'robot', password: 'wr0ng-password' },
    });
    const status = await finished(await order({ source: gitSource(repo.url, { cloneSecret: 'token' }) }));
    expect(status.conditions).toMatchObject([{ status: 'False', reason: 'Failed' }]);
    expect(status.failureDetails).toMatchObject({ reason: 'GitAuthInvalidUserOrPass' });
    expect(status.conditions?.[0]?.message).toContain('the log ends: ');
    expect(JSON.stringify(status)).not.toContain('wr0ng-password');
    const missing = await finished(await order({ source: gitSource(repo.url, { revision: 'no-such' }) }));
    expect(missing.failureDetails).toMatchObject({ reason: 'GitRemoteRepositoryPrivate' });
    repo.isPrivate = false;
    const unknown = await finished(await order({ source: gitSource(repo.url, { revision: 'no-such' }) }));
    expect(unknown.failureDetails).toMatchObject({ reason: 'GitRevisionNotFound' });
  });

  it('that is cancelled ends so, while it runs and before it began', async () => {
    await start(1);
    const repo = await repository();
    await repo.commit();
    const hanging = bench.hang();
    const running = await order({ source: gitSource(repo.url) });
    await hanging;
    const waiting = await order({ source: gitSource(repo.url) });
    for (const name of [waiting, running])
      await bench.cluster.kube.patch({ kind: kinds.buildRun, namespace: bench.namespace, name }, shipwright.cancel);
    for (const name of [running, waiting]) {
      const { conditions, output } = await finished(name);
      expect(conditions).toMatchObject([{ status: 'False', reason: 'BuildRunCanceled' }]);
      expect(output).toBeUndefined();
    }
  });

  it('that takes longer than it may ends as timed out', async () => {
    await start();
    const repo = await repository();
    await repo.commit();
    void bench.hang();
    const name = await order({ source: gitSource(repo.url), timeout: '1s' });
    const { conditions } = await finished(name);
    expect(conditions).toMatchObject([
      { status: 'False', reason: 'BuildRunTimeout', message: `BuildRun ${name} failed to finish within 1s` },
    ]);
  });

  it('that is deleted stops, and makes room for the next', async () => {
    await start(1);
    const repo = await repository();
    await repo.commit();
    const hanging = bench.hang();
    const name = await order({ source: gitSource(repo.url) });
    await hanging;
    bench.unhang();
    const next = await order({ source: gitSource(repo.url) });
    await bench.cluster.kube.remove({ kind: kinds.buildRun, namespace: bench.namespace, name });
    expect((await finished(next)).conditions).toMatchObject([{ status: 'True' }]);
    expect(await bench.cluster.kube.get({ kind: kinds.buildRun, namespace: bench.namespace, name })).toBeUndefined();
  });
});

describe('a runner that was stopped', () => {
  it('goes on with what it left, at the commit that it had fetched', async () => {
    const first = await start();
    const repo = await repository();
    const commitSha = await repo.commit();
    // The registry hangs, so that the run stands between fetching and pushing.
    const stuck = createServer(() => {});
    stuck.listen(0, '127.0.0.1');
    await once(stuck, 'listening');
    const port = (stuck.address() as { readonly port: number }).port;
    const image = `127.0.0.1:${port}/${bench.namespace}/fn:v1`;
    const name = await order({ source: gitSource(repo.url), output: { image, insecure: true } });
    await until(kinds.buildRun, name, status => status.source);
    const { startTime } = await started(name);
    await first[Symbol.asyncDispose]();
    stuck.close();
    stuck.closeAllConnections();
    await once(stuck, 'close');
    expect(
      (await bench.cluster.kube.get({ kind: kinds.buildRun, namespace: bench.namespace, name }))?.['status'],
    ).not.toHaveProperty('completionTime');
    await repo.commit();
    const there = await startRegistry({ dir: join(bench.directory, 'registry-2'), port, log: silentLog });
    await start();
    const status = await finished(name);
    expect(status).toMatchObject({ startTime, conditions: [{ status: 'True' }], source: { git: { commitSha } } });
    await there.close();
  });
});
