// What every handler works on: the store, the resources, the time.
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Registry, Served } from './registry.ts';
import type { Resource } from './resource.ts';
import type { Store } from './store/store.ts';
import type { Table } from './store/table.ts';

export interface Core {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a request is about; without a name it is a collection. */
export interface Target extends Served {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Where a resource's objects are. */
export function tableOf(core: Core, resource: Resource): Table {
  return core.store.table(resource.table ?? resource.id);
}

const shown = { second: Number.NaN, text: '' };

/** The time as metadata has it: whole seconds. */
export function timestamp(core: Core): string {
  const second = Math.floor(core.clock.now() / 1000);
  if (second !== shown.second)
    Object.assign(shown, { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` });
  return shown.text;
}
