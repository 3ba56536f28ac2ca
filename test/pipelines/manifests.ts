// The manifests of pipelines/, read for tests: objects, their scripts, and their parameters.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Json } from '../../src/local/api-server/object.ts';

export const root = join(import.meta.dirname, '../../pipelines');

/** Where published definitions are, when they are at hand. */
export const published = join(import.meta.dirname, '../../../shared/crds');
export const hasPublished = existsSync(published);

export interface Param {
  readonly name: string;
  readonly description?: string;
  readonly type?: string;
  readonly default?: string | readonly string[];
  /** Shipwright's word for the default of a list. */
  readonly defaults?: readonly string[];
}

export interface Step {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly script?: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly securityContext?: {
    readonly privileged?: boolean;
    readonly runAsUser?: number;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  };
}

export interface PipelineTask {
  readonly name: string;
  readonly taskRef: { readonly name: string };
  readonly params: readonly { readonly name: string; readonly value: unknown }[];
}

export interface Spec {
  readonly parameters?: readonly Param[];
  readonly params?: readonly Param[];
  readonly steps?: readonly Step[];
  readonly tasks?: readonly PipelineTask[];
  readonly results?: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext?: { readonly runAsUser: number };
}

export interface Manifest {
  /** Below pipelines/. */
  readonly path: string;
  readonly kind: string;
  readonly name: string;
  readonly spec: Spec;
  readonly object: Json;
}

export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

/** Every YAML file, kustomizations too. */
export const files: readonly ManifestFile[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.yaml'))
  .toSorted()
  .map(path => ({ path, text: readFileSync(join(root, path), 'utf8') }));

/** Every object that a cluster installs. */
export const manifests: readonly Manifest[] = files
  .filter(({ path }) => !path.endsWith('kustomization.yaml'))
  .flatMap(({ path, text }) => parseAllDocuments(text).map(document => manifestOf(path, document.toJS())));

function manifestOf(path: string, value: unknown): Manifest {
  const object = value as Json & { kind: string; metadata: { name: string }; spec?: Spec };
  return { path, kind: object.kind, name: object.metadata.name, spec: object.spec ?? {}, object };
}

/** The one of this kind and name. */
export function manifest(kind: string, name: string): Manifest {
  const found = manifests.find(each => each.kind === kind && each.name === name);
  if (!found) throw new Error(`pipelines/ has no ${kind} ${name}`);
  return found;
}

export function ofKind(kind: string): readonly Manifest[] {
  return manifests.filter(each => each.kind === kind);
}

/** The step of this name. */
export function stepOf({ spec, name }: Manifest, wanted: string): Step {
  const step = spec.steps?.find(each => each.name === wanted);
  if (!step) throw new Error(`${name} has no step ${wanted}`);
  return step;
}

/** What a step interprets: its script, or what follows -c. Absent where it runs a program only. */
export function scriptOf({ script, args }: Step): string | undefined {
  if (script !== undefined) return script;
  return args?.[0] === '-c' ? args[1] : undefined;
}

/** The default of a parameter; absent where it must be given. */
export function defaultOf(param: Param): string | readonly string[] | undefined {
  return param.defaults ?? param.default;
}
