// Events have two shapes and one store: core/v1 holds them, events.k8s.io/v1 shows them in its own words.
import { isJson, type Json } from '../object.ts';
import type { Conversion } from '../resource.ts';

/** A field of events.k8s.io/v1 and its name in core/v1. */
const fields: readonly (readonly [regarding: string, involved: string])[] = [
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

/** What core/v1 always shows. */
const shown = {
  eventTime: null,
  firstTimestamp: null,
  lastTimestamp: null,
  source: {},
  reportingComponent: '',
  reportingInstance: '',
};

export const eventConversion: Conversion = {
  toStored(object) {
    const stored: Json = { ...shown, ...renamed(object, fields), apiVersion: 'v1' };
    stored['involvedObject'] ??= {};
    return stored;
  },
  fromStored(object) {
    const reversed = fields.map(([regarding, involved]) => [involved, regarding] as const);
    const shownHere: Json = { ...renamed(object, reversed), apiVersion: 'events.k8s.io/v1' };
    if (shownHere['reportingController'] === '') delete shownHere['reportingController'];
    if (shownHere['reportingInstance'] === '') delete shownHere['reportingInstance'];
    return shownHere;
  },
};

function renamed(object: Json, names: readonly (readonly [from: string, to: string])[]): Json {
  const renames = new Map(names);
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [renames.get(name) ?? name, isJson(value) ? { ...value } : value]),
  );
}
