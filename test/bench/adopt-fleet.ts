// A state directory of the embedded API server with any number of Functions that OpenFunction left: each shape is made once through the
// API, and copied into the database under other namespaces and UIDs.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { definitions } from '../../src/function/crd/definitions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { Database } from '../../src/local/api-server/store/database.ts';
import { foreignDefinitions } from '../../src/local/crd/foreign.ts';
import { installDefinitions } from '../../src/local/crd/install.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Kind, KubeObject } from '../../src/platform/kube/kube.ts';
import { type Loaded, loadAll } from '../golden/at-rest-cluster.ts';
import type { RecordedState } from '../golden/at-rest-state.ts';
import { startServant } from './servant.ts';
import { keyOf, resourceOf, Stencil, versionPattern } from './stencil.ts';
import { connect } from './template.ts';

const ours: readonly Kind[] = [kinds.function, kinds.builder, kinds.serving, kinds.build, kinds.buildRun];

/** Fills the directory. */
export async function makeRestingFleet(dir: string, states: readonly RecordedState[], count: number): Promise<void> {
  await using server = await startServant('api-server.ts');
  await using kube = await connect(await server.ask<string>('start', { dir }));
  await installDefinitions(kube, [...definitions, ...foreignDefinitions], systemClock);
  const { apiVersion, kind } = kinds.namespace;
  // Its Lease and its key are where it lives.
  await kube.create(kinds.namespace, { apiVersion, kind, metadata: { name: 'default' } }).catch(() => {});
  const templates = await loadAll(kube, states);
  await server.ask('close');
  copy(dir, templates, count);
}

interface Cut {
  readonly namespace: string;
  readonly uids: readonly string[];
  readonly stencils: readonly Stencil[];
}

/** The templates themselves are taken away. */
function copy(dir: string, templates: readonly Loaded[], count: number): void {
  const database = new Database(join(dir, 'objects.sqlite'));
  let version = 0;
  for (const row of database.rows()) version = row.version;
  const cuts = templates.map(cut);
  for (const { kind, version: previous, text } of cuts.flatMap(({ stencils }) => stencils)) {
    version += 1;
    const key = keyOf(JSON.parse(text) as KubeObject);
    database.append({ version, resource: resourceOf(kind), key, type: 'DELETED', previous, object: text });
  }
  for (let at = 0; at < count; at += 1) {
    const found = cuts[at % cuts.length];
    if (found === undefined) break;
    const { namespace, uids, stencils } = found;
    const own = `bench-${String(at).padStart(6, '0')}`;
    const names = new Map([[namespace, own], ...uids.map((uid): [string, string] => [uid, randomUUID()])]);
    for (const stencil of stencils) {
      version += 1;
      const object = stencil.fill(names).replace(versionPattern, `"resourceVersion":"${version}"`);
      const key = `${own}/${keyOf(JSON.parse(stencil.text) as KubeObject).split('/')[1]}`;
      database.append({ version, resource: resourceOf(stencil.kind), key, type: 'ADDED', previous: null, object });
    }
  }
  database.compact(version);
  database.close();
}

function cut({ namespace, before }: Loaded): Cut {
  const objects = [...before.values()];
  const uids = objects.map(({ metadata }) => metadata.uid ?? '');
  const stencils = objects.map(object => new Stencil(kindOf(object), object, [namespace, ...uids]));
  return { namespace, uids, stencils };
}

function kindOf({ apiVersion, kind }: KubeObject): Kind {
  const found = ours.find(each => each.kind === kind && each.apiVersion === apiVersion);
  if (found === undefined) throw new Error(`a Function at rest has no ${kind}`);
  return found;
}
