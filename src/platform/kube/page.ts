// One page of a list, checked: a list that is not whole must never look like an empty one.
import { type Answer, type Asked, parseObject } from './answer.ts';
import { type Kind, KubeError, type KubeObject } from './kube.ts';

export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** The token of the next page; undefined after the last. */
  readonly continue: string | undefined;
}

/** What is read of a list's answer. */
interface List {
  readonly kind?: unknown;
  readonly items?: unknown;
  readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown } | null;
}

/** The page in an answer. KubeError BadAnswer unless it is a list with a version. */
export function readPage(answer: Answer, asked: Asked, kind: Kind): Page {
  const list: List = parseObject(answer, asked);
  const version = list.metadata?.resourceVersion;
  // Built-in kinds answer `items: null` for none; anything else that is no array is no list.
  const items = list.items === null ? [] : list.items;
  if (!Array.isArray(items) || typeof version !== 'string' || version === '' || list.kind !== `${kind.kind}List`) {
    const message = `${asked.what}: the API server's answer is not a ${kind.kind}List; is something between us and it?`;
    throw new KubeError({ status: answer.status, reason: 'BadAnswer' }, message);
  }
  const token = list.metadata?.continue;
  return {
    // Items of built-in lists carry neither apiVersion nor kind.
    items: items.map((item: KubeObject) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind })),
    resourceVersion: version,
    continue: typeof token === 'string' && token !== '' ? token : undefined,
  };
}
