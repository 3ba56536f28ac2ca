// Writes the Functions of a size into the file of an API server that does not run: copies of templates under other names, UIDs and sources.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { buildInputHash, wantedBuilder } from '../../src/build/plan.ts';
import { sha256 } from '../../src/function/hash.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import { parseFunction } from '../../src/function/schema.ts';
import { Database } from '../../src/local/api-server/store/database.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { servingInputHash, wantedServing } from '../../src/serving/plan.ts';
import { anonymous, sourceKey } from '../../src/watch/graph.ts';
import { planWatch } from '../../src/watch/plan.ts';
import type { Member } from './fleet.ts';
import { initialCommit, initialDigest } from './heads.ts';
import { keyOf, type Names, resourceOf, Stencil, versionPattern } from './stencil.ts';
import { type Template, templateNamespace, templatePath } from './template.ts';

interface Cut {
  readonly template: Template;
  readonly stencils: readonly Stencil[];
  readonly uids: readonly string[];
  readonly hashes: Hashes;
}

/** Adds a fleet to the state directory; the templates themselves are taken away. */
export function seed(dir: string, templates: readonly Template[], fleet: readonly Member[]): void {
  const database = new Database(join(dir, 'objects.sqlite'));
  let version = 0;
  for (const row of database.rows()) version = row.version;
  const cuts = templates.map(cut);
  for (const { stencils } of cuts) {
    for (const { kind, version: previous, text } of stencils) {
      version += 1;
      const key = keyOf(JSON.parse(text) as KubeObject);
      database.append({ version, resource: resourceOf(kind), key, type: 'DELETED', previous, object: text });
    }
  }
  for (const member of fleet) {
    const found = cuts.find(({ template: { type, ref } }) => type === member.type && ref === member.ref);
    if (found === undefined) throw new Error(`there is no template for ${member.type} ${member.ref}`);
    const names = namesOf(found, member);
    for (const stencil of found.stencils) {
      version += 1;
      const object = stencil.fill(names).replace(versionPattern, `"resourceVersion":"${version}"`);
      const [, name = ''] = /"name":"([^"]+)"/.exec(object.slice(object.indexOf('"metadata"'))) ?? [];
      const key = `${member.namespace}/${name}`;
      database.append({ version, resource: resourceOf(stencil.kind), key, type: 'ADDED', previous: null, object });
    }
  }
  database.compact(version);
  database.close();
}

function cut(template: Template): Cut {
  const uids = template.objects.map(({ object }) => object.metadata.uid ?? '');
  const hashes = hashesOf(template.fn);
  const { type, ref, fn } = template;
  const names = [
    templateNamespace,
    templatePath,
    fn.metadata.name,
    ...uids,
    ...derived(uids[0] ?? ''),
    type === 'source' ? initialCommit(templatePath, ref) : initialDigest(templatePath),
    ...Object.values(hashes),
  ];
  const stencils = template.objects.map(({ kind, object }) => new Stencil(kind, object, names));
  // The copies must be what revflow itself would have made of them.
  const said = stencils[0]?.text ?? '';
  for (const [what, value] of Object.entries(hashes)) {
    if (value !== '' && !said.includes(value))
      throw new Error(`the template ${type} has another ${what} than ${value}`);
  }
  return { template, stencils, uids, hashes };
}

function namesOf({ template, stencils, uids, hashes }: Cut, member: Member): Names {
  const { type, path, ref, namespace, name } = member;
  const names = new Map([
    [templateNamespace, namespace],
    [templatePath, path],
    [template.fn.metadata.name, name],
    ...uids.map((uid): [string, string] => [uid, randomUUID()]),
  ]);
  const [own = ''] = uids;
  const [was = '', is = ''] = [derived(own)[0], derived(names.get(own) ?? '')[0]];
  names.set(was, is);
  if (type === 'source') names.set(initialCommit(templatePath, ref), initialCommit(path, ref));
  else names.set(initialDigest(templatePath), initialDigest(path));
  const parsed = parseFunction(JSON.parse(stencils[0]?.fill(names) ?? ''));
  if (!('ok' in parsed)) throw new Error(`a copy of ${template.type} cannot be read`);
  const next = hashesOf(parsed.ok);
  for (const [what, value] of Object.entries(hashes)) if (value !== '') names.set(value, next[what as keyof Hashes]);
  return names;
}

/** The part of the children's names that comes from the Function's UID. */
function derived(uid: string): readonly string[] {
  return [sha256(uid).slice(0, 12)];
}

interface Hashes {
  readonly source: string;
  readonly build: string;
  readonly serving: string;
}

function hashesOf(fn: FunctionObject): Hashes {
  const plan = planWatch(fn);
  const wanted = wantedBuilder(fn, undefined);
  const served = wantedServing(fn, fn.status?.revision?.imageDigest);
  return {
    source: plan.kind === 'watched' ? sourceKey(plan.watch.source, anonymous) : '',
    build: wanted === undefined ? '' : buildInputHash(wanted),
    serving: served === undefined ? '' : servingInputHash(served),
  };
}
