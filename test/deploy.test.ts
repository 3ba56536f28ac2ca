// What a cluster is given: every folder of deploy/ renders, and an API server that checks strictly takes every object.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { kinds } from '../src/function/kinds.ts';
import { parseFunction } from '../src/function/schema.ts';
import { validateFunction } from '../src/function/validation.ts';
import type { KubeObject } from '../src/platform/kube/kube.ts';
import { planWatch } from '../src/watch/plan.ts';
import { startTestCluster, type TestCluster } from './servers/api-server.ts';

const deploy = resolve(import.meta.dirname, '../deploy');
const run = promisify(execFile);
const hasKubectl = (process.env['PATH'] ?? '').split(delimiter).some(folder => existsSync(join(folder, 'kubectl')));
const why = hasKubectl ? '' : ' (skipped: kubectl is not on the PATH)';

const overlays = readdirSync(join(deploy, 'overlays'));
const folders = [...overlays.map(name => `overlays/${name}`), 'crd', 'openfunction-leases', 'samples'];

async function render(folder: string): Promise<readonly KubeObject[]> {
  const { stdout } = await run('kubectl', ['kustomize', join(deploy, folder)]);
  return parseAllDocuments(stdout).map(document => document.toJS() as KubeObject);
}

interface Role extends KubeObject {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}
const ruleWords = (objects: readonly KubeObject[]) =>
  objects
    .filter(({ kind }) => kind === 'ClusterRole')
    .flatMap(role => (role as Role).rules)
    .flatMap(({ resources, verbs }) => resources.flatMap(resource => verbs.map(verb => `${verb} ${resource}`)));

describe.skipIf(!hasKubectl)(`deploy${why}`, () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster();
    const { apiVersion, kind } = kinds.namespace;
    for (const name of ['revflow', 'openfunction', 'default']) {
      const there = await cluster.kube.get({ kind: kinds.namespace, name });
      if (!there) await cluster.kube.create(kinds.namespace, { apiVersion, kind, metadata: { name } });
    }
  });
  afterAll(async () => {
    await cluster.kube.remove({ kind: kinds.namespace, name: 'openfunction' });
    await cluster[Symbol.asyncDispose]();
  });

  it.each(folders)('%s renders, and an API server takes every object', async folder => {
    const strictly = ['--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict'];
    const { stdout } = await run('kubectl', ['apply', '-k', join(deploy, folder), ...strictly], {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    });
    const objects = await render(folder);
    expect(stdout.trim().split('\n')).toHaveLength(objects.length);
    expect(objects.length).toBeGreaterThan(0);
  });

  it('grants Secrets by name, and a list of them only where they are watched', async () => {
    for (const name of overlays) {
      const words = ruleWords(await render(`overlays/${name}`));
      expect(words).toContain('get secrets');
      expect({ name, lists: words.includes('list secrets') }).toEqual({ name, lists: name === 'watch-secrets' });
      expect(words.filter(word => word.includes('*'))).toEqual([]);
    }
  });

  it('lets companion mode write nothing but Functions and Events', async () => {
    const writes = ruleWords(await render('overlays/companion')).filter(word => !/^(?:get|list|watch) /.test(word));
    expect(writes.toSorted()).toEqual(['create events', 'patch events', 'patch functions', 'patch functions/status']);
  });
});

describe('the sample Functions', () => {
  const files = readdirSync(join(deploy, 'samples')).filter(file => file !== 'kustomization.yaml');

  it.each(files)('%s is valid and watched', async file => {
    const objects = parseAllDocuments(await readFile(join(deploy, 'samples', file), 'utf8')).map(
      document => document.toJS() as KubeObject,
    );
    const functions = objects.filter(({ kind }) => kind === kinds.function.kind);
    expect(functions).toHaveLength(1);
    for (const object of functions) {
      const parsed = parseFunction({ ...object, metadata: { ...object.metadata, namespace: 'default', uid: 'u' } });
      if (!('ok' in parsed)) throw new Error(JSON.stringify(parsed.problems));
      expect(validateFunction(parsed.ok)).toEqual([]);
      const plan = planWatch(parsed.ok);
      expect(plan).toMatchObject({ kind: 'watched', watch: { warnings: [] } });
    }
  });

  it('are all in the kustomization', async () => {
    const { resources } = parse(await readFile(join(deploy, 'samples/kustomization.yaml'), 'utf8')) as {
      readonly resources: readonly string[];
    };
    expect(resources).toEqual(files.toSorted());
  });
});
