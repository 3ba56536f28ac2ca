// Who wrote a Function last: its spec, or its status. Read from managedFields, where another controller left no observedGeneration.
import { z } from 'zod';
import type { FunctionObject } from '../function/schema.ts';

const entries = z.array(
  z.object({
    time: z.string().catch(''),
    subresource: z.string().catch(''),
    fieldsV1: z.record(z.string(), z.unknown()).catch({}),
  }),
);

/** Whether the spec was written after the status; false when that cannot be told. Times are whole seconds: a tie is no edit. */
export function editedLast(fn: FunctionObject): boolean {
  const parsed = entries.safeParse(Reflect.get(fn.metadata, 'managedFields'));
  if (!parsed.success) return false;
  const latest = (times: readonly string[]) => Math.max(0, ...times.map(time => Date.parse(time) || 0));
  const status = parsed.data.filter(entry => entry.subresource === 'status' || 'f:status' in entry.fieldsV1);
  const spec = parsed.data.filter(entry => entry.subresource === '' && 'f:spec' in entry.fieldsV1);
  if (status.length === 0) return false;
  return latest(spec.map(entry => entry.time)) > latest(status.map(entry => entry.time));
}
