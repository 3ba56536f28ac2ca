// Schemas of definitions by kind, and what they would say of an object.
import { join } from 'node:path';
import type { Json } from '../../src/local/api-server/object.ts';
import { applyDefaults } from '../../src/local/api-server/schema/default.ts';
import { prune } from '../../src/local/api-server/schema/prune.ts';
import { compileSchema, type Schema } from '../../src/local/api-server/schema/schema.ts';
import { validate } from '../../src/local/api-server/schema/validate.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { readDefinitions } from '../servers/api-server.ts';
import { published } from './manifests.ts';

/** What would be dropped or refused. */
export function faultsOf(schema: Schema, object: Json): readonly unknown[] {
  const stored = structuredClone(object);
  const dropped = prune(schema, stored);
  applyDefaults(schema, stored);
  return [...dropped, ...validate(schema, stored)];
}

/** Those that Shipwright and Tekton publish; none where they are not at hand. */
export async function readSchemas(): Promise<ReadonlyMap<string, Schema>> {
  const folders = ['shipwright-build', 'tekton-pipeline', 'tekton-triggers'];
  return schemasOf((await Promise.all(folders.map(folder => readDefinitions(join(published, folder))))).flat());
}

interface Definition {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Json } }[];
}

/** By apiVersion and kind, with a space between. */
export function schemasOf(definitions: readonly KubeObject[]): ReadonlyMap<string, Schema> {
  const entries = definitions.flatMap(definition => {
    const { group, names, versions } = definition['spec'] as Definition;
    return versions.map(
      ({ name, schema }) => [`${group}/${name} ${names.kind}`, compileSchema(schema.openAPIV3Schema)] as const,
    );
  });
  return new Map(entries);
}
