// The versions that emitted objects must run on: what of an object each version lacks. A closed table; whatever is not in it, every version
// that revflow knows has.
import type { KubeObject } from '../platform/kube/kube.ts';
import type { Backend } from './backend.ts';
import { backends } from './backends.ts';
import { shippedStrategy } from './shipwright/shipped.ts';

/** What can be named. */
const products = ['shipwright', 'tekton', 'kubernetes'] as const;

type Product = (typeof products)[number];

/** Major and minor. */
export type Version = readonly [major: number, minor: number];

/** The oldest version that each must run on; absent: any that revflow knows. */
export type Target = Readonly<Partial<Record<Product, Version>>>;

/** The oldest that revflow emits anything for. */
const oldest: Readonly<Record<Product, Version>> = { shipwright: [0, 11], tekton: [0, 50], kubernetes: [1, 24] };

/** Shipwright has served v1beta1 since 0.12, and has given strategies its parameters since 0.13: before, it worked with v1alpha1. */
const worksWithBeta: Version = [0, 13];

/** `tekton=0.53,kubernetes=1.30` as a target, or a sentence about what is wrong with the text. */
export function parseTarget(text: string): { readonly ok: Target } | { readonly fault: string } {
  const found: Partial<Record<Product, Version>> = {};
  for (const part of text.split(',')) {
    const match = /^\s*([a-z]+)=v?(\d{1,3})\.(\d{1,3})(?:\.\d+)?\s*$/.exec(part);
    const product = products.find(each => each === match?.[1]);
    if (match === null || product === undefined) {
      const form = `names of ${products.join(', ')} with a version, such as tekton=0.53,kubernetes=1.30`;
      return { fault: `must be ${form}, found ${JSON.stringify(part.trim())}` };
    }
    if (found[product] !== undefined) return { fault: `names ${product} twice` };
    const version = [Number(match[2]), Number(match[3])] as const;
    if (isBefore(version, oldest[product])) {
      return {
        fault: `names ${product} ${show(version)}, and revflow emits nothing for less than ${show(oldest[product])}`,
      };
    }
    found[product] = version;
  }
  return { ok: found };
}

/** The engine of this name as the target has it: Shipwright's older version where the newer one is not served. */
export function backendFor(engine: Backend['engine'], target: Target): Backend | undefined {
  const named = backends.filter(backend => backend.engine === engine);
  const isOld = target.shipwright !== undefined && isBefore(target.shipwright, worksWithBeta);
  return isOld ? named.at(-1) : named[0];
}

interface Need {
  readonly product: Product;
  readonly since: Version;
  /** A noun with its verb: "results of type object need". */
  readonly what: string;
  /** What helps where the version cannot be changed; absent: nothing. */
  readonly unless?: string;
  readonly isIn: (object: KubeObject) => boolean;
}

const needs: readonly Need[] = [
  {
    // The API reference of Kubernetes: the field came with 1.30; an older API server drops it from the pod.
    product: 'kubernetes',
    since: [1, 30],
    what: 'securityContext.appArmorProfile needs',
    isIn: object => has(object, 'appArmorProfile', () => true),
  },
  {
    // TEP-0075: beta in 0.46; made stable in January 2024 (tektoncd/pipeline#7544), when 0.56 was the next release.
    product: 'tekton',
    since: [0, 56],
    what: 'a result of type object needs',
    unless: 'enable-api-fields is beta',
    isIn: object => has(object, 'type', (type, beside) => type === 'object' && 'properties' in beside),
  },
  {
    // pipelines/README.md says what they were made for.
    product: 'shipwright',
    since: [0, 15],
    what: 'as pipelines/shipwright has it, it needs',
    unless: 'the cluster has another one of that name',
    isIn: object => shippedStrategy(object.metadata.name) === object,
  },
];

/** What versions of a product themselves need: README of Tekton Pipelines, "Required Kubernetes Version"; release notes of Shipwright. */
const foundations: readonly {
  readonly of: Product;
  readonly from: Version;
  readonly needs: Product;
  readonly since: Version;
}[] = [
  { of: 'tekton', from: [0, 51], needs: 'kubernetes', since: [1, 25] },
  { of: 'tekton', from: [0, 59], needs: 'kubernetes', since: [1, 27] },
  { of: 'tekton', from: [0, 61], needs: 'kubernetes', since: [1, 28] },
  { of: 'shipwright', from: [0, 20], needs: 'tekton', since: [1, 6] },
  { of: 'shipwright', from: [0, 20], needs: 'kubernetes', since: [1, 34] },
];

/** What cannot be as it is, and what may work. Sentences; each once. */
export interface Lacks {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** What the versions of the target lack of these objects, and of one another. */
export function lacksOf(target: Target, objects: readonly KubeObject[]): Lacks {
  const missing = needs.filter(({ product, since }) => isTooOld(target[product], since));
  const found = missing.filter(need => objects.some(object => need.isIn(object)));
  const told = (need: Need) =>
    sentence(
      need,
      target[need.product],
      objects.filter(object => need.isIn(object)),
    );
  return {
    faults: [...clashes(target), ...found.filter(({ unless }) => unless === undefined).map(told)],
    warnings: found.filter(({ unless }) => unless !== undefined).map(told),
  };
}

function sentence(
  { product, since, what, unless }: Need,
  version: Version | undefined,
  of: readonly KubeObject[],
): string {
  const [first] = of;
  const where = first === undefined ? '' : `${first.kind} ${first.metadata.name}: `;
  const more = of.length > 1 ? ` (and ${of.length - 1} more)` : '';
  const way = unless === undefined ? '' : `, unless ${unless}`;
  return `${where}${what} ${product} ${show(since)}, the target is ${show(version)}${way}${more}`;
}

/** Versions that do not go together. */
function clashes(target: Target): readonly string[] {
  return products.flatMap(product => {
    const version = target[product];
    if (version === undefined) return [];
    const asked = foundations.filter(({ of, from }) => of === product && !isBefore(version, from));
    return products.flatMap(other => {
      const strictest = asked.filter(each => each.needs === other).at(-1);
      if (strictest === undefined || !isTooOld(target[other], strictest.since)) return [];
      const [needed, found] = [show(strictest.since), show(target[other])];
      return [`${product} ${show(version)} itself needs ${other} ${needed}, the target is ${found}`];
    });
  });
}

function isTooOld(version: Version | undefined, since: Version): boolean {
  return version !== undefined && isBefore(version, since);
}

function isBefore([major, minor]: Version, [otherMajor, otherMinor]: Version): boolean {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

function show(version: Version | undefined): string {
  return version?.join('.') ?? '';
}

/** Whether a member of this name, for which the test holds, stands anywhere in the value. */
function has(value: unknown, name: string, test: (member: unknown, beside: object) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (name in value && test(Reflect.get(value, name), value)) return true;
  return Object.values(value).some(member => has(member, name, test));
}
