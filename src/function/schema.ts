// The three kinds of core.openfunction.io/v1beta2, and how an unknown object becomes one of them.
import { z } from 'zod';
import { explain } from './explain.ts';
import { deepest, deepPath, NestedTooDeep, withoutNulls } from './nulls.ts';
import { hidden, type Problem, pathText } from './problem.ts';
import { builderSpec, buildSpec } from './schema-build.ts';
import { servingFields, servingSpec } from './schema-serving.ts';
import { durationText, type Frozen, localRef, namespacedMeta, strings } from './shape.ts';
import { functionStatus, sourceResult } from './status.ts';

const apiVersion = z.literal('core.openfunction.io/v1beta2');

export const functionSpec = z.object({
  image: z.string().describe('Where the build pushes and what serving runs.'),
  imageCredentials: localRef.exactOptional(),
  version: z.string().exactOptional(),
  workloadRuntime: z
    .string()
    .exactOptional()
    .describe('`OCIContainer` or `WasmEdge`, in any case.')
    .meta({ default: 'OCIContainer' }),
  build: buildSpec.exactOptional().describe('Absent: nothing is built.'),
  serving: servingFields.exactOptional().describe('Absent: nothing is served.'),
});

export type FunctionSpec = Frozen<z.infer<typeof functionSpec>>;

export const functionObject = z.object({
  apiVersion,
  kind: z.literal('Function'),
  metadata: namespacedMeta,
  spec: functionSpec,
  status: functionStatus.exactOptional(),
});

export type FunctionObject = Frozen<z.infer<typeof functionObject>>;

export const builderStatus = z.object({
  phase: z.string().exactOptional(),
  state: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  message: z.string().exactOptional(),
  buildDuration: durationText.exactOptional(),
  resourceRef: strings.exactOptional().describe('Names of what runs the build, by `shipwright.io/build` and the like.'),
  output: z.object({ digest: z.string().exactOptional(), size: z.int().exactOptional() }).exactOptional(),
  sources: z.array(sourceResult).exactOptional(),
});

export type BuilderStatus = Frozen<z.infer<typeof builderStatus>>;

export const builderObject = z.object({
  apiVersion,
  kind: z.literal('Builder'),
  metadata: namespacedMeta,
  spec: builderSpec,
  status: builderStatus.exactOptional(),
});

export type BuilderObject = Frozen<z.infer<typeof builderObject>>;

export const servingStatus = z.object({
  phase: z.string().exactOptional(),
  state: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  message: z.string().exactOptional(),
  resourceRef: strings.exactOptional(),
  url: z.string().exactOptional().describe('The name of the backend service.'),
});

export const servingObject = z.object({
  apiVersion,
  kind: z.literal('Serving'),
  metadata: namespacedMeta,
  spec: servingSpec,
  status: servingStatus.exactOptional(),
});

export type ServingObject = Frozen<z.infer<typeof servingObject>>;

export type Parsed<T> = { readonly ok: T } | { readonly problems: readonly Problem[] };

/** Checks the types of every field that is named here; gives the object back whole, with fields that are not, without null members. */
function parse<T>(schema: z.ZodType, object: unknown): Parsed<T> {
  const cleaned = cleanedOrDeep(object);
  if ('problem' in cleaned) return { problems: [cleaned.problem] };
  const result = schema.safeParse(cleaned.value);
  return result.success ? { ok: cleaned.value as T } : { problems: explain(result.error.issues, cleaned.value) };
}

function cleanedOrDeep(object: unknown): { readonly value: unknown } | { readonly problem: Problem } {
  try {
    return { value: withoutNulls(object) };
  } catch (error) {
    if (!(error instanceof NestedTooDeep)) throw error;
    const message = `is nested deeper than ${deepest} levels`;
    return { problem: { path: pathText(deepPath(object)), value: hidden, message } };
  }
}

/** A Function as it can be worked on, or every field that is of a wrong type. Values are judged by `validateFunction`. */
export function parseFunction(object: unknown): Parsed<FunctionObject> {
  return parse(functionObject, object);
}

/** The same for a Builder. */
export function parseBuilder(object: unknown): Parsed<BuilderObject> {
  return parse(builderObject, object);
}

/** The same for a Serving. */
export function parseServing(object: unknown): Parsed<ServingObject> {
  return parse(servingObject, object);
}
