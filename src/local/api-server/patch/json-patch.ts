// JSON Patch (RFC 6902).
import { equal, isJson, type Json } from '../object.ts';
import { ApiError, badRequest } from '../status.ts';

interface Operation {
  readonly op: string;
  readonly path: readonly string[];
  readonly from: readonly string[] | undefined;
  /** Undefined when the operation has none. */
  readonly value: unknown;
}

/** A list or an object while it is patched. */
type Container = Json | unknown[];

const maxOperations = 10_000;

/**
 * The patched document; neither argument is changed. Throws ApiError: 400 for what is not a list of operations,
 * 413 for more than 10,000 of them, 422 for an operation that cannot be done or a test that fails.
 */
export function applyJsonPatch(document: Json, operations: unknown): Json {
  if (!Array.isArray(operations)) {
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  }
  if (operations.length > maxOperations) {
    const message = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`;
    throw new ApiError(413, message, { reason: 'RequestEntityTooLarge' });
  }
  const root = { document: structuredClone(document) as unknown };
  for (const operation of operations) perform(root, parse(operation));
  if (!isJson(root.document)) throw refused();
  return root.document;
}

function perform(root: { document: unknown }, { op, path, from, value }: Operation): void {
  switch (op) {
    case 'add':
      return add(root, path, given(value));
    case 'remove':
      remove(root, path);
      return;
    case 'replace':
      get(root, path);
      return path.length === 0 ? add(root, path, given(value)) : assign(root, path, given(value));
    case 'move':
      return add(root, path, remove(root, source(from, path)));
    case 'copy':
      return add(root, path, structuredClone(get(root, from ?? fail())));
    case 'test':
      if (!equal(find(root, path) ?? null, value ?? null)) throw refused();
      return;
    default:
      throw refused();
  }
}

/** A value cannot be moved into itself. */
function source(from: readonly string[] | undefined, path: readonly string[]): readonly string[] {
  if (from === undefined) throw refused();
  if (from.length < path.length && from.every((part, at) => part === path[at])) throw refused();
  return from;
}

function parse(operation: unknown): Operation {
  if (!isJson(operation)) {
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type jsonpatch.Operation');
  }
  const { op, path, from, value } = operation;
  if (typeof op !== 'string' || typeof path !== 'string') throw refused();
  return { op, path: pointer(path), from: typeof from === 'string' ? pointer(from) : undefined, value };
}

/** The parts of a JSON pointer (RFC 6901). */
function pointer(text: string): readonly string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw refused();
  return text
    .slice(1)
    .split('/')
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function add(root: { document: unknown }, path: readonly string[], value: unknown): void {
  const [container, key] = parent(root, path);
  if (container === undefined) root.document = value;
  else if (Array.isArray(container))
    container.splice(key === '-' ? container.length : index(key, container.length), 0, value);
  else define(container, key, value);
}

function assign(root: { document: unknown }, path: readonly string[], value: unknown): void {
  const [container, key] = parent(root, path);
  if (Array.isArray(container)) container[index(key, container.length - 1)] = value;
  else if (container !== undefined) define(container, key, value);
}

function remove(root: { document: unknown }, path: readonly string[]): unknown {
  const value = get(root, path);
  const [container, key] = parent(root, path);
  if (container === undefined) throw refused();
  if (Array.isArray(container)) container.splice(index(key, container.length - 1), 1);
  else delete container[key];
  return value;
}

function get(root: { document: unknown }, path: readonly string[]): unknown {
  const value = find(root, path);
  if (value === undefined) throw refused();
  return value;
}

/** What stands at the path; undefined when nothing does, though its container must exist. */
function find(root: { document: unknown }, path: readonly string[]): unknown {
  const [container, key] = parent(root, path);
  if (container === undefined) return root.document;
  return child(container, key);
}

function parent(root: { document: unknown }, path: readonly string[]): readonly [Container | undefined, string] {
  const key = path.at(-1);
  if (key === undefined) return [undefined, ''];
  let at = root.document;
  for (const part of path.slice(0, -1)) at = isContainer(at) ? child(at, part) : undefined;
  if (!isContainer(at)) throw refused();
  return [at, key];
}

function child(container: Container, key: string): unknown {
  if (Array.isArray(container)) return container[index(key, container.length - 1)];
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isJson(value);
}

function index(key: string, last: number): number {
  const at = /^(?:0|[1-9]\d*)$/.test(key) ? Number(key) : -1;
  if (at < 0 || at > last) throw refused();
  return at;
}

/** Also for a key named `__proto__`, which an assignment would not create. */
function define(object: Json, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

function given(value: unknown): unknown {
  if (value === undefined) throw refused();
  return structuredClone(value);
}

function fail(): never {
  throw refused();
}

function refused(): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError(422, message, { reason: 'Invalid', details: {} });
}
