// Which objects a list or a watch is about: those of a namespace, with these labels and fields.
import type { Target } from '../core.ts';
import type { ApiObject } from '../object.ts';
import { keyOf } from '../resource.ts';
import type { Entry } from '../store/entry.ts';
import { shownIn } from '../version.ts';
import { fieldSelector } from './field-selector.ts';
import { labelSelector } from './label-selector.ts';

export interface Selection {
  /** What their keys start with. */
  readonly prefix: string;
  /** The one key that can match, when the selector names it. */
  readonly key: string | undefined;
  /** Nothing is left out but by the prefix. */
  readonly all: boolean;
  /** Whether an object with the prefix is one of them. */
  has(entry: Entry): boolean;
}

/** Throws ApiError BadRequest for selectors that do not parse. */
export function select(
  target: Target,
  selectors: { readonly labelSelector: string; readonly fieldSelector: string },
): Selection {
  const labels = labelSelector(selectors.labelSelector);
  const fields = fieldSelector(selectors.fieldSelector, target);
  const { namespaced } = target.resource;
  const isOneKey = fields?.name !== undefined && (!namespaced || target.namespace !== undefined);
  return {
    prefix: target.namespace === undefined ? '' : `${target.namespace}/`,
    key: isOneKey ? keyOf(target.namespace, fields?.name ?? '') : undefined,
    all: !labels && !fields,
    has: entry => (labels?.(entry.object.metadata.labels) ?? true) && (fields?.matches(shown(entry, target)) ?? true),
  };
}

function shown(entry: Entry, target: Target): ApiObject {
  return shownIn(entry.object, target);
}
