// The OpenAPI documents of what is served, made anew only when that changes.
import { createHash } from 'node:crypto';
import { type Answer, jsonText } from '../http/answer.ts';
import type { Json } from '../object.ts';
import type { Registry } from '../registry.ts';
import type { Resource, Version } from '../resource.ts';
import { ApiError } from '../status.ts';
import { kindPaths } from './openapi-paths.ts';
import { inV2 } from './schema-v2.ts';
import { kindSchemas, metaSchemas, type Reference } from './schemas.ts';

const info = { title: 'revflow local API server', version: 'v1' };
const referV2: Reference = (name, description) => ({
  ...(description ? { description } : {}),
  $ref: `#/definitions/${name}`,
});
const referV3: Reference = (name, description) => {
  const reference = { $ref: `#/components/schemas/${name}` };
  return description ? { description, allOf: [reference] } : reference;
};

/** Holds the documents and makes them again after the registry has changed. */
export class OpenApi {
  readonly #registry: Registry;
  #generation = -1;
  /** Documents by `api/v1` or `apis/GROUP/VERSION`. */
  #documents = new Map<string, string>();
  #v2: string | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** `/openapi/v3`: where the documents are, with a hash that lets clients keep them. */
  index(): Answer {
    const paths = [...this.#current()].map(([path, text]) => {
      const hash = createHash('sha512').update(text).digest('hex').toUpperCase();
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
    });
    return jsonText(JSON.stringify({ paths: Object.fromEntries(paths) }));
  }

  /** The document of one group and version; an empty answer, as the real server's is, when it is not served. */
  document(path: string): Answer {
    const text = this.#current().get(path);
    return text === undefined ? { code: 200, type: '', body: '' } : { ...jsonText(text), headers: { vary: 'Accept' } };
  }

  /** `/openapi/v2`, in JSON alone. ApiError NotAcceptable for clients that want protobuf: kubectl then goes without. */
  whole(accept: string): Answer {
    const isJson = accept === '' || /application\/json|\*\/\*|application\/\*/.test(accept);
    if (!isJson)
      throw new ApiError(406, 'only the following media types are accepted: application/json', {
        reason: 'NotAcceptable',
      });
    this.#current();
    this.#v2 ??= JSON.stringify(wholeDocument(this.#registry));
    return { ...jsonText(this.#v2), headers: { vary: 'Accept-Encoding, Accept' } };
  }

  #current(): ReadonlyMap<string, string> {
    if (this.#generation === this.#registry.generation) return this.#documents;
    this.#generation = this.#registry.generation;
    this.#v2 = undefined;
    this.#documents = new Map();
    for (const [path, kinds] of byPath(this.#registry)) this.#documents.set(path, JSON.stringify(documentOf(kinds)));
    return this.#documents;
  }
}

type Kinds = readonly (readonly [Resource, Version])[];

function byPath(registry: Registry): ReadonlyMap<string, Kinds> {
  const paths = new Map<string, (readonly [Resource, Version])[]>();
  for (const resource of registry.resources()) {
    for (const version of resource.versions) {
      if (!version.served) continue;
      const path = resource.group === '' ? `api/${version.name}` : `apis/${resource.group}/${version.name}`;
      const kinds = paths.get(path) ?? [];
      kinds.push([resource, version]);
      paths.set(path, kinds);
    }
  }
  return paths;
}

function documentOf(kinds: Kinds): Json {
  const schemas = Object.assign(
    {},
    metaSchemas,
    ...kinds.map(([resource, version]) => kindSchemas(resource, version, referV3)),
  ) as Json;
  const paths = Object.assign(
    {},
    ...kinds.map(([resource, version]) => kindPaths(resource, version, { isV3: true })),
  ) as Json;
  return { openapi: '3.0.0', info, paths, components: { schemas } };
}

function wholeDocument(registry: Registry): Json {
  const definitions: Json = { ...metaSchemas };
  const paths: Json = {};
  for (const [resource, version] of [...byPath(registry).values()].flat()) {
    Object.assign(paths, kindPaths(resource, version, { isV3: false }));
    for (const [name, schema] of Object.entries(kindSchemas(resource, version, referV2)))
      definitions[name] = inV2(schema);
  }
  return { swagger: '2.0', info, paths, definitions, parameters: {} };
}
