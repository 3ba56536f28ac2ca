// What users gave a build as parameters and variables, as its steps would see them: Kubernetes reads references to variables in both.
import { z } from 'zod';
import { kinds } from '../../function/kinds.ts';
import { TerminalError } from '../../platform/errors.ts';
import type { Kube, KubeObject } from '../../platform/kube/kube.ts';

/** Values by name. */
export interface Inputs {
  readonly texts: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly env: ReadonlyMap<string, string>;
  /** Those that Secrets hold: a log must not have them. */
  readonly secrets: readonly string[];
}

export const noInputs: Inputs = { texts: new Map(), lists: new Map(), env: new Map(), secrets: [] };

const keyRef = z.object({ name: z.string(), key: z.string(), format: z.string().optional() });
const single = z.object({
  value: z.string().optional(),
  configMapValue: keyRef.optional(),
  secretValue: keyRef.optional(),
});
const variable = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({ configMapKeyRef: keyRef.optional(), secretKeyRef: keyRef.optional() })
    .optional()
    .catch(undefined),
});

/** A parameter as Shipwright writes it. */
export const paramValue = single.extend({ name: z.string(), values: z.array(single).optional() });
/** A variable of a container. */
export const variables = z.array(variable);

export type ParamValue = z.infer<typeof paramValue>;
export type Variable = z.infer<typeof variable>;

/** What Kubernetes makes of `$$` and of `$(NAME)` where the name is known. */
export function expand(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    whole === '$$' ? '$' : (known.get(name ?? '') ?? whole),
  );
}

/** Reads values of one namespace, and remembers which are secret. */
export class ValueReader {
  readonly secrets: string[] = [];
  readonly #get: Kube['get'];
  readonly #namespace: string;

  constructor(get: Kube['get'], namespace: string) {
    this.#get = get;
    this.#namespace = namespace;
  }

  /** Each variable sees those before it. Throws TerminalError ValueMissing. */
  async variables(list: readonly Variable[]): Promise<ReadonlyMap<string, string>> {
    const known = new Map<string, string>();
    for (const { name, value = '', valueFrom } of list) {
      const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
      if (configMapKeyRef) known.set(name, await this.#ofConfigMap(configMapKeyRef));
      else if (secretKeyRef) known.set(name, await this.#ofSecret(secretKeyRef));
      else known.set(name, expand(value, known));
    }
    return known;
  }

  /** A value of a parameter; undefined where it has none. Throws TerminalError ValueMissing. */
  async single(param: z.infer<typeof single>, known: ReadonlyMap<string, string>): Promise<string | undefined> {
    const { value, configMapValue, secretValue } = param;
    const formatted = (placeholder: string, format: string | undefined, read: string) =>
      (format || placeholder)
        .split(placeholder)
        .map(part => expand(part, known))
        .join(read);
    if (configMapValue) {
      return formatted('${CONFIGMAP_VALUE}', configMapValue.format, await this.#ofConfigMap(configMapValue));
    }
    if (secretValue) return formatted('${SECRET_VALUE}', secretValue.format, await this.#ofSecret(secretValue));
    return value === undefined ? undefined : expand(value, known);
  }

  async #ofConfigMap({ name, key }: { readonly name: string; readonly key: string }): Promise<string> {
    const found = await this.#get({ kind: kinds.configMap, namespace: this.#namespace, name });
    return textAt(found, key) ?? missing('ConfigMap', name, key);
  }

  async #ofSecret({ name, key }: { readonly name: string; readonly key: string }): Promise<string> {
    const found = await this.#get({ kind: kinds.secret, namespace: this.#namespace, name });
    const encoded = textAt(found, key) ?? missing('Secret', name, key);
    const value = Buffer.from(encoded, 'base64').toString('utf8');
    this.secrets.push(value);
    return value;
  }
}

function textAt(object: KubeObject | undefined, key: string): string | undefined {
  const data: unknown = object?.['data'];
  const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function missing(kind: string, name: string, key: string): never {
  throw new TerminalError(
    'ValueMissing',
    `there is no ${kind} ${JSON.stringify(name)} with the key ${JSON.stringify(key)}`,
  );
}

/** The inputs of a Build. Throws TerminalError ValueMissing. */
export async function inputsOf(
  params: readonly ParamValue[],
  env: readonly Variable[],
  reader: ValueReader,
): Promise<Inputs> {
  const known = await reader.variables(env);
  const texts = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  for (const { name, values, ...param } of params) {
    if (values) {
      const items = await Promise.all(values.map(value => reader.single(value, known)));
      lists.set(
        name,
        items.map(item => item ?? ''),
      );
      continue;
    }
    const text = await reader.single(param, known);
    if (text !== undefined) texts.set(name, text);
  }
  return { texts, lists, env: known, secrets: reader.secrets };
}
