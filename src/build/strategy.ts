// What a build strategy of Shipwright takes, and what of a build it would refuse: the rules by which Shipwright fails a run before it begins.
import { z } from 'zod';
import type { BuilderSpec, BuildParam, SingleValue } from '../function/schema-build.ts';

const parameter = z.object({
  name: z.string(),
  type: z.enum(['string', 'array']).catch('string'),
  default: z.string().optional().catch(undefined),
  defaults: z.array(z.string()).optional().catch(undefined),
});
const step = z.object({ env: z.array(z.object({ name: z.string() })).catch([]) });
const strategy = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    parameters: z.array(parameter).catch([]),
    steps: z.array(step).catch([]),
    // As v1alpha1 calls them.
    buildSteps: z.array(step).catch([]),
  }),
});

/** A BuildStrategy or ClusterBuildStrategy, of v1beta1 or v1alpha1, as it is read from a file or a cluster. */
type StrategyDocument = Readonly<Record<string, unknown>>;

type Parameter = z.infer<typeof parameter>;

/** Shipwright gives these itself, and lets nobody else. */
const reserved: ReadonlySet<string> = new Set(['BUILDER_IMAGE', 'DOCKERFILE', 'CONTEXT_DIR']);

/**
 * Why a strategy would refuse a build: parameters that it does not declare, of another type, without a value, or missing; and variables
 * that are its steps' own. One sentence each; empty: nothing is wrong. A document that is no strategy is the only problem then.
 */
export function problemsOf(spec: BuilderSpec, document: StrategyDocument): readonly string[] {
  const parsed = strategy.safeParse(document);
  if (!parsed.success) return ['the document is no BuildStrategy or ClusterBuildStrategy'];
  const { metadata, spec: of } = parsed.data;
  const isOld = document['apiVersion'] === 'shipwright.io/v1alpha1';
  const declared = new Map(of.parameters.map(entry => [entry.name, entry]));
  const given = givenParams(spec, isOld);
  const problems = [
    ...given.flatMap(param => paramProblems(param, declared, metadata.name)),
    ...missing(given, of.parameters),
    ...clashes(spec, [...of.steps, ...of.buildSteps]),
  ];
  return [...new Set(problems)];
}

/** The variables of a build that are a step's own, one sentence each. A document that is no strategy has none. */
export function variableProblems(spec: BuilderSpec, document: StrategyDocument): readonly string[] {
  const { data } = strategy.safeParse(document);
  return data === undefined ? [] : clashes(spec, [...data.spec.steps, ...data.spec.buildSteps]);
}

/** With those that v1beta1 makes of fields. */
function givenParams(spec: BuilderSpec, isOld: boolean): readonly BuildParam[] {
  const own = (spec.shipwright?.params ?? []).filter(param => param !== null);
  if (isOld) return own;
  const derived = [
    { name: 'builder-image', value: spec.builder ?? '' },
    { name: 'dockerfile', value: spec.dockerfile ?? '' },
  ];
  return [...own, ...derived.filter(({ name, value }) => value !== '' && !own.some(each => each.name === name))];
}

function paramProblems(param: BuildParam, declared: ReadonlyMap<string, Parameter>, of: string): readonly string[] {
  const { name, values } = param;
  if (reserved.has(name) || name.startsWith('shp-')) return [`the parameter ${name} is Shipwright's own`];
  const found = declared.get(name);
  if (found === undefined) {
    const known = [...declared.keys()].join(', ');
    return [`the strategy ${of} has no parameter ${name}; it has ${known || 'none'}`];
  }
  if (values !== undefined && found.type !== 'array') return [`the parameter ${name} is one text: it needs a value`];
  if (values === undefined && isSet(param) && found.type === 'array') {
    return [`the parameter ${name} is a list: it needs values`];
  }
  const items = values ?? [param];
  const empty = values?.some(item => !isSet(item)) ?? false;
  return [
    ...(empty ? [`the parameter ${name} has an item without a value`] : []),
    ...items.flatMap(item => referenceProblems(name, item)),
  ];
}

function isSet({ value, configMapValue, secretValue }: SingleValue): boolean {
  return value !== undefined || Boolean(configMapValue) || Boolean(secretValue);
}

function referenceProblems(name: string, { configMapValue, secretValue }: SingleValue): readonly string[] {
  if (configMapValue && secretValue) return [`the parameter ${name} has a value of a ConfigMap and one of a Secret`];
  return [configMapValue, secretValue]
    .filter(ref => ref)
    .filter(ref => !ref?.name || !ref.key)
    .map(() => `the parameter ${name} refers to a value without a name or a key`);
}

function missing(given: readonly BuildParam[], declared: readonly Parameter[]): readonly string[] {
  const valued = new Set(given.filter(param => param.values !== undefined || isSet(param)).map(({ name }) => name));
  return declared
    .filter(({ name, default: one, defaults: many }) => one === undefined && many === undefined && !valued.has(name))
    .map(({ name }) => missingParameter(name));
}

/** What is said of a parameter that has neither a value nor a default, on either engine. */
export function missingParameter(name: string): string {
  const field = { 'builder-image': 'builder', dockerfile: 'dockerfile' }[name];
  const value = field === undefined ? 'a value' : `a value: give spec.build.${field}`;
  return `the parameter ${name} has no default and needs ${value}`;
}

/** Shipwright merges variables into the steps, and refuses a run where one is there already. */
function clashes({ env = {} }: BuilderSpec, steps: readonly z.infer<typeof step>[]): readonly string[] {
  const own = new Set(steps.flatMap(({ env: variables }) => variables.map(({ name }) => name)));
  return Object.keys(env)
    .filter(name => own.has(name))
    .toSorted()
    .map(name => `the variable ${name} of spec.build.env is set by a step of the strategy; give it another name`);
}
