// A small size of `npm run bench:adopt`: the same processes, and the counts that must be nothing.
import { expect, it } from 'vitest';
import { measureAdoption } from './adopt-measure.ts';

it('Functions that OpenFunction left cost one status write each, once, and nothing else', async () => {
  const { functions, first, second, changed_functions, changed_others } = await measureAdoption(24, () => {});
  expect(functions).toBe(24);
  const nothing = { creates: 0, deletes: 0, other_writes: 0 };
  expect(first).toMatchObject({ ...nothing, status_writes: 24 });
  expect(second).toMatchObject({ ...nothing, status_writes: 0 });
  expect({ changed_functions, changed_others }).toEqual({ changed_functions: 0, changed_others: 0 });
}, 120_000);
