// The largest object that is stored.
import type { ApiObject } from '../object.ts';
import { internal } from '../status.ts';

const maxObjectBytes = 1.5 * 1024 * 1024;

/** Throws ApiError 500, as etcd makes the real server do. */
export function checkSize(object: ApiObject): void {
  // Most objects are far smaller: their text is made only once, when they are stored.
  if (roughSize(object) > maxObjectBytes) throw internal('etcdserver: request is too large');
}

function roughSize(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 4;
  let size = 2;
  for (const [key, item] of Object.entries(value)) size += key.length + roughSize(item);
  return size;
}
