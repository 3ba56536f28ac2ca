// Builders, Builds and Servings against what OpenFunction's own controllers made of the same Functions (../shared/goldens).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { wantedBuilder } from '../../src/build/plan.ts';
import { shipwright } from '../../src/build/shipwright/backend.ts';
import { type FunctionObject, parseFunction } from '../../src/function/schema.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { imageDigest, wantedServing } from '../../src/serving/plan.ts';
import { servingFor } from '../../src/serving/serving.ts';
import { changed } from './differences.ts';
import { expectedBuild } from './expected-build.ts';

const root = join(import.meta.dirname, '../../../shared/goldens/functions');
const folders = ['samples', 'cases'].flatMap(part => {
  const folder = join(root, part);
  return existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : [];
});

function read(folder: string, file: string): readonly KubeObject[] {
  const path = join(folder, file);
  if (!existsSync(path)) return [];
  return parseAllDocuments(readFileSync(path, 'utf8')).flatMap(
    document => (document.toJS() as KubeObject | null) ?? [],
  );
}

interface Pair {
  readonly name: string;
  readonly fn: FunctionObject;
  readonly child: KubeObject;
}

/** Every child of that kind with the Function that it was made for; recordings that edit their Function on the way are left out. */
function pairs(kind: string): readonly Pair[] {
  return folders.flatMap(folder => {
    const name = folder.slice(root.length + 1);
    if (changed(name)) return [];
    const children = [...read(folder, 'objects-building.yaml'), ...read(folder, 'objects.yaml')];
    return read(folder, 'function.yaml').flatMap(object => {
      const parsed = parseFunction({ ...object, metadata: { uid: 'u', ...object.metadata } });
      if (!('ok' in parsed)) return [];
      const fn = parsed.ok;
      const own = children.filter(
        child => child.kind === kind && child.metadata.labels?.['openfunction.io/function'] === fn.metadata.name,
      );
      return own.map(child => ({ name, fn, child }));
    });
  });
}

describe.skipIf(folders.length === 0)('children of recorded Functions', () => {
  it('Builders ask for the same', () => {
    const found = pairs('Builder');
    expect(found.length).toBeGreaterThan(30);
    for (const { name, fn, child } of found) {
      const { state: _, ...spec } = Object(child['spec']);
      expect({ name, spec: wantedBuilder(fn, undefined) }).toEqual({ name, spec });
    }
  });

  it('Builds mean the same in today’s API', () => {
    const found = pairs('Build');
    expect(found.length).toBeGreaterThan(30);
    for (const { name, fn, child } of found) {
      const spec = wantedBuilder(fn, undefined);
      if (spec === undefined) throw new Error(`${name} has a Build and no spec.build`);
      const { apiVersion } = fn;
      const metadata = { name: 'b', namespace: 'n', uid: 'u' };
      const [build] = shipwright.emit({
        builder: { apiVersion, kind: 'Builder', metadata, spec },
        revision: undefined,
      });
      expect({ name, spec: build?.object['spec'] }).toEqual({ name, spec: expectedBuild(Object(child['spec']), spec) });
    }
  });

  it('Servings ask for the same, and carry the same annotations', () => {
    const found = pairs('Serving');
    expect(found.length).toBeGreaterThan(60);
    for (const { name, fn, child } of found) {
      const image = Reflect.get(Object(child['spec']), 'image');
      const spec = wantedServing(fn, imageDigest(String(image)));
      if (spec === undefined) throw new Error(`${name} has a Serving and no spec.serving`);
      const made = servingFor(fn, { name: 's', sequence: 1 }, spec);
      const annotations = made.metadata.annotations;
      expect({ name, spec: made['spec'], annotations }).toEqual({
        name,
        spec: child['spec'],
        annotations: child.metadata.annotations,
      });
    }
  });
});
