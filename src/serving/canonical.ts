// One spelling of a Serving's spec for its hash: durations and quantities by what they amount to, and nothing that says nothing.
import { formatDuration, parseDuration } from '../function/duration.ts';
import { parseQuantity } from '../function/quantity.ts';
import type { ServingSpec } from '../function/schema-serving.ts';

/** Members of a pod that map names to quantities, and members that are one. */
const quantityMaps: ReadonlySet<string> = new Set(['limits', 'requests', 'overhead']);
const quantities: ReadonlySet<string> = new Set(['sizeLimit', 'divisor']);

/** For comparing only: what is made of the spec is made of it as it was written. */
export function canonicalServing(spec: ServingSpec): object {
  const { timeout, template, imageCredentials, ...rest } = spec;
  const ms = timeout === undefined ? undefined : parseDuration(timeout);
  const said = Object.entries(rest).filter(([, member]) => !isEmpty(member));
  return {
    ...Object.fromEntries(said),
    imageCredentials: imageCredentials?.name ? imageCredentials : undefined,
    timeout: ms === undefined ? timeout : formatDuration(ms),
    template: canonicalPod(template),
  };
}

function isEmpty(member: unknown): boolean {
  if (member === '') return true;
  return typeof member === 'object' && member !== null && Object.keys(member).length === 0;
}

/** The same with each quantity in billionths; a text that is none stays as it is. */
function canonicalPod(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonicalPod);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (quantities.has(name)) return [name, amount(member)];
      return [name, quantityMaps.has(name) ? amounts(member) : canonicalPod(member)];
    }),
  );
}

function amounts(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, amount(member)]));
}

function amount(value: unknown): unknown {
  const parsed = typeof value === 'string' || typeof value === 'number' ? parseQuantity(value) : undefined;
  return parsed === undefined ? value : `${parsed}n`;
}
