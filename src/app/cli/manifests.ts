// Objects out of files: YAML or JSON streams of any kinds, given with -f as files, directories or `-`.
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { parseYamlStream } from '../../platform/yaml.ts';
import { UsageError } from '../config.ts';
import type { Terminal } from './verb.ts';

/** An object, and where it stands. */
export interface Manifest {
  /** `file.yaml, line 12`. */
  readonly from: string;
  readonly object: KubeObject;
}

/** A stream this long holds thousands of Functions; whatever is longer is something else. */
const mostBytes = 8 * 1024 * 1024;

/**
 * All objects of the files, in order. Throws UsageError that names file, line and path of what is wrong, and shows no value: a file may hold
 * Secrets.
 */
export async function readManifests(paths: readonly string[], { input }: Terminal): Promise<readonly Manifest[]> {
  if (paths.filter(path => path === '-').length > 1) throw new UsageError('-f - can be given once');
  const found: Manifest[] = [];
  for (const path of paths) {
    if (path === '-') found.push(...parseManifests('standard input', await readText('standard input', input)));
    else for (const file of await filesOf(path)) found.push(...parseManifests(file, await readFile(file)));
  }
  return found;
}

async function filesOf(path: string): Promise<readonly string[]> {
  const kind = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read (${error.code})`,
    );
  });
  if (!kind.isDirectory()) return [path];
  const names = (await readdir(path)).filter(name => /\.(ya?ml|json)$/.test(name)).toSorted();
  if (names.length === 0) throw new UsageError(`the directory ${path} holds no .yaml, .yml or .json file`);
  return names.map(name => join(path, name));
}

async function readFile(file: string): Promise<string> {
  try {
    return await readText(file, createReadStream(file));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new UsageError(`${file} cannot be read (${code})`);
  }
}

async function readText(name: string, parts: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const part of parts) {
    chunks.push(Buffer.from(part));
    bytes += part.length;
    if (bytes > mostBytes) throw new UsageError(`${name} is longer than 8 MiB; give the files of the Functions alone`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new UsageError(`${name} is no text in UTF-8`);
  }
}

function parseManifests(file: string, text: string): readonly Manifest[] {
  return parseYamlStream(text).flatMap(document => {
    const from = `${file}, line ${document.line}`;
    if ('fault' in document) throw new UsageError(`${from}: the document ${document.fault}`);
    return document.value === null ? [] : objectsOf(from, document.value);
  });
}

/** The object of a document; of a List, its items. */
function objectsOf(from: string, value: unknown): readonly Manifest[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${from}: must be an object with apiVersion, kind and metadata, found ${nounOf(value)}`);
  }
  const kind = textAt(from, value, 'kind');
  textAt(from, value, 'apiVersion');
  if (kind.endsWith('List') && 'items' in value && Array.isArray(value.items)) {
    return value.items.flatMap((item, at) => objectsOf(`${from}, items[${at}]`, item));
  }
  const metadata = 'metadata' in value ? value.metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw new UsageError(`${from}: metadata of this ${kind} must be an object, found ${nounOf(metadata)}`);
  }
  textAt(`${from}, metadata`, metadata, 'name');
  if ('namespace' in metadata) textAt(`${from}, metadata`, metadata, 'namespace');
  return [{ from, object: value as KubeObject }];
}

function textAt(from: string, value: object, key: string): string {
  const text: unknown = Reflect.get(value, key);
  if (typeof text === 'string' && text !== '') return text;
  throw new UsageError(`${from}: ${key} must be a text, found ${text === '' ? 'an empty one' : nounOf(text)}`);
}

function nounOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}
