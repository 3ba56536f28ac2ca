// What users wrote as parameters and variables, as both versions of Shipwright take it. Tekton and Kubernetes read the arguments and the
// variables of the steps that it ends in: the texts are written so that they arrive as they were.
import type { BuilderSpec, BuildParam, SingleValue } from '../../function/schema-build.ts';
import { sortedEnv } from '../plan.ts';
import { Texts, type Variable } from '../texts.ts';

export interface NamedParam {
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface Values {
  /** The user's own parameters in their order, then the others. */
  readonly paramValues: readonly NamedParam[];
  readonly env: readonly Variable[];
}

/** `derived`: parameters made of fields; one that is empty, or that the user gave, is left out. */
export function valuesOf(spec: BuilderSpec, derived: Readonly<Record<string, string | undefined>>): Values {
  const texts = new Texts();
  const own = (spec.shipwright?.params ?? []).filter(entry => entry !== null).map(entry => param(entry, texts));
  const named = new Set(own.map(({ name }) => name));
  const others = Object.entries(derived).flatMap(([name, value]) =>
    !value || named.has(name) ? [] : [{ name, value: texts.plain(value) }],
  );
  const variables = sortedEnv(spec).map(([name, value]) => ({ name, value: texts.plain(value) }));
  return { paramValues: [...own, ...others], env: [...texts.variables, ...variables] };
}

/** One value, reference or list, as Shipwright accepts it: exactly one of them. */
function param(entry: BuildParam, texts: Texts): NamedParam {
  const { name, values } = entry;
  return values ? { name, values: values.map(value => single(value, texts)) } : { name, ...single(entry, texts) };
}

/** An empty value is a value, but not beside a reference. */
function single({ value, configMapValue, secretValue }: SingleValue, texts: Texts): object {
  if (configMapValue) return { configMapValue: reference(configMapValue, '${CONFIGMAP_VALUE}', texts) };
  if (secretValue) return { secretValue: reference(secretValue, '${SECRET_VALUE}', texts) };
  return value === undefined ? {} : { value: texts.plain(value) };
}

function reference(ref: NonNullable<SingleValue['secretValue']>, placeholder: string, texts: Texts): object {
  const { name, key, format } = ref;
  return { name, key, ...(format ? { format: texts.around(format, placeholder) } : {}) };
}

/** A field that is a list; none where the list is empty. */
export function list(name: string, items: readonly object[]): object {
  return items.length === 0 ? {} : { [name]: items };
}

/** Drops what is absent, null or empty. */
export function withoutAbsent(object: object): object {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
}
