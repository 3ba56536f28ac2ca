// The embedded API server's schemas, tried on definitions and objects that others have written.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isJson, type Json } from '../src/local/api-server/object.ts';
import { checkSchema } from '../src/local/api-server/schema/check.ts';
import { applyDefaults } from '../src/local/api-server/schema/default.ts';
import { prune } from '../src/local/api-server/schema/prune.ts';
import { compileSchema } from '../src/local/api-server/schema/schema.ts';
import { validate } from '../src/local/api-server/schema/validate.ts';
import type { KubeObject } from '../src/platform/kube/kube.ts';
import { checkFunction } from '../src/reconcile/check.ts';
import { readDefinitions } from './servers/api-server.ts';

const shared = join(import.meta.dirname, '../../shared');

interface DefinitionSpec {
  readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Json } }[];
}

async function schemas(folder: string): Promise<readonly (readonly [name: string, openapi: Json])[]> {
  const definitions = await readDefinitions(folder);
  return definitions.flatMap(definition =>
    (definition['spec'] as DefinitionSpec).versions.map(
      version => [`${definition.metadata.name} ${version.name}`, version.schema.openAPIV3Schema] as const,
    ),
  );
}

async function objects(folder: string): Promise<readonly (readonly [file: string, object: Json])[]> {
  if (!existsSync(folder)) return [];
  const files = (await readdir(folder)).filter(file => file.endsWith('.yaml')).toSorted();
  const texts = await Promise.all(files.map(async file => [file, await readFile(join(folder, file), 'utf8')] as const));
  return texts.flatMap(([file, text]) =>
    parseAllDocuments(text).flatMap(document => {
      const object: unknown = document.toJS();
      return isJson(object) ? [[file, object] as const] : [];
    }),
  );
}

const published = await schemas(join(shared, 'crds'));
const ours = await schemas(join(import.meta.dirname, '../deploy/crd'));
const functions = (await objects(join(shared, 'samples'))).filter(
  ([, object]) => object['kind'] === 'Function' && object['apiVersion'] === 'core.openfunction.io/v1beta2',
);

describe.skipIf(published.length === 0)(
  `published definitions${published.length === 0 ? ' (skipped: not at hand)' : ''}`,
  () => {
    it.each(published)('%s is taken with all its rules', (_, openapi) => {
      expect(checkSchema(openapi, 'schema')).toEqual([]);
    });

    it('rules of the Gateway API judge an HTTPRoute', () => {
      const schema = compileSchema(
        published.find(([name]) => name === 'httproutes.gateway.networking.k8s.io v1')?.[1] ?? {},
      );
      const route = (path: string, filters: readonly Json[]) => {
        const object: Json = {
          apiVersion: 'gateway.networking.k8s.io/v1',
          kind: 'HTTPRoute',
          metadata: { name: 'r' },
          spec: {
            rules: [
              {
                matches: [{ path: { type: 'PathPrefix', value: path } }],
                backendRefs: [{ name: 'b', port: 80 }],
                filters,
              },
            ],
          },
        };
        applyDefaults(schema, object);
        return validate(schema, object).map(cause => cause.message);
      };
      const rewrite = {
        type: 'URLRewrite',
        urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } },
      };
      expect(route('/a', [rewrite])).toEqual([]);
      expect(route('a', [])).toEqual([expect.stringContaining('value must be an absolute path')]);
      expect(route('/a', [rewrite, rewrite])).toEqual([
        expect.stringContaining('URLRewrite filter cannot be repeated'),
      ]);
    });
  },
);

describe('our definitions', () => {
  it.each(ours)('%s is taken', (_, openapi) => {
    expect(checkSchema(openapi, 'schema')).toEqual([]);
  });

  const schema = compileSchema(ours.find(([name]) => name === 'functions.core.openfunction.io v1beta2')?.[1] ?? {});

  it.skipIf(functions.length === 0).each(functions)('the Function of %s is valid', (_, object) => {
    const stored = structuredClone(object);
    prune(schema, stored);
    applyDefaults(schema, stored);
    expect(validate(schema, stored)).toEqual([]);
  });

  it.skipIf(functions.length === 0).each(functions)('the Function of %s can be worked on', (_, object) => {
    const metadata = { namespace: 'default', uid: 'u', ...(object['metadata'] as KubeObject['metadata']) };
    expect(checkFunction({ ...(object as unknown as KubeObject), metadata })).toHaveProperty('ok');
  });
});
