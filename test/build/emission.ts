// What an engine is given for a Function, as `revflow render` makes it; and the Functions that golden files are about.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Backend } from '../../src/build/backend.ts';
import { backends } from '../../src/build/backends.ts';
import { builderFor } from '../../src/build/builder.ts';
import { wantedBuilder } from '../../src/build/plan.ts';
import type { BuildHooks } from '../../src/function/build-hooks.ts';
import { builderName, uidOfUnsaved } from '../../src/function/names.ts';
import { type FunctionObject, parseBuilder, parseFunction } from '../../src/function/schema.ts';
import type { BuilderSpec } from '../../src/function/schema-build.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';

export const strategies = ['buildah', 'buildkit', 'kaniko', 'ko', 'openfunction', 'wasmedge'];

/** Names of engines; each version of an API has one. */
export const engines = ['shipwright', 'shipwright-v1alpha1', 'tekton'];

/** The engine of that name. */
export function engine(name: string): Backend {
  const found = backends.find(({ engine: of, run }) => name === of || name === `${of}-${run.apiVersion.split('/')[1]}`);
  if (!found) throw new Error(`there is no engine ${name}`);
  return found;
}

/** The objects for a Function with spec.build, the Builder left out. */
export function emit(
  backend: Backend,
  fn: FunctionObject,
  how: {
    readonly revision?: string;
    readonly over?: Partial<BuilderSpec>;
    readonly insecureRegistry?: boolean;
    readonly hooks?: BuildHooks | undefined;
  } = {},
): readonly KubeObject[] {
  const spec = wantedBuilder(fn, how.revision);
  if (!spec) throw new Error(`${fn.metadata.name} has no spec.build`);
  const attempt = { name: builderName(fn.metadata.uid, 1), sequence: 1 };
  const builder = builderFor(fn, attempt, { ...spec, ...how.over });
  const saved = { ...builder, metadata: { ...builder.metadata, uid: uidOfUnsaved('n', attempt.name) } };
  const parsed = parseBuilder(saved);
  if (!('ok' in parsed)) throw new Error(`the Builder of ${fn.metadata.name} cannot be read`);
  const { revision, insecureRegistry = false, hooks } = how;
  const order = { builder: parsed.ok, revision, insecureRegistry, ...(hooks ? { hooks } : {}) };
  return backend.emit(order).map(({ object }) => object);
}

/** The Functions with spec.build in a file. */
export function readFunctions(path: string): readonly FunctionObject[] {
  return parseAllDocuments(readFileSync(path, 'utf8')).flatMap(document => {
    const object = document.toJS() as KubeObject | null;
    if (object?.kind !== 'Function') return [];
    const { name, namespace = 'default' } = object.metadata;
    const parsed = parseFunction({
      ...object,
      metadata: { ...object.metadata, namespace, uid: uidOfUnsaved(namespace, name) },
    });
    if (!('ok' in parsed)) throw new Error(`${path}: ${name} is no Function`);
    return parsed.ok.spec.build ? [parsed.ok] : [];
  });
}

export const goldens = join(import.meta.dirname, '../golden/build');

/** One for each strategy and source. */
export const goldenFunctions = readFunctions(join(goldens, 'functions.yaml'));

const samples = join(import.meta.dirname, '../../../shared/samples');
export const hasSamples = existsSync(samples);

/** What people really wrote; empty where it is not at hand. */
export const sampleFunctions: readonly FunctionObject[] = hasSamples
  ? readdirSync(samples).flatMap(file => readFunctions(join(samples, file)))
  : [];
