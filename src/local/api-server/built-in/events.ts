// Events, in their two shapes.
import { int, object, text } from '../../crd/schema.ts';
import type { Column } from '../resource.ts';
import { eventConversion } from './event-conversion.ts';
import { type BuiltInKind, column } from './kind.ts';
import { moment, objectReference } from './shapes.ts';

const source = object({ component: text, host: text });

const event = {
  action: text,
  count: int,
  eventTime: moment,
  firstTimestamp: moment,
  involvedObject: objectReference,
  lastTimestamp: moment,
  message: text,
  reason: text,
  related: objectReference,
  reportingComponent: text,
  reportingInstance: text,
  series: object({ count: int, lastObservedTime: moment }),
  source,
  type: text,
};

const regardingEvent = {
  action: text,
  deprecatedCount: int,
  deprecatedFirstTimestamp: moment,
  deprecatedLastTimestamp: moment,
  deprecatedSource: source,
  eventTime: moment,
  note: text,
  reason: text,
  regarding: objectReference,
  related: objectReference,
  reportingController: text,
  reportingInstance: text,
  series: object({ count: int, lastObservedTime: moment }),
  type: text,
};

const eventFields = ['kind', 'name', 'namespace', 'uid'].map(field => `involvedObject.${field}`);

const eventColumns = (about: string, text: string): readonly Column[] => [
  column('Last Seen', 'date', '.metadata.creationTimestamp'),
  column('Type', 'string', '.type'),
  column('Reason', 'string', '.reason'),
  column('Object', 'string', `.${about}.name`),
  column('Message', 'string', `.${text}`),
];

const noEventTimes = { eventTime: null, firstTimestamp: null, lastTimestamp: null };
const eventDefaults = { ...noEventTimes, source: {}, reportingComponent: '', reportingInstance: '' };
const regardingDefaults = {
  eventTime: null,
  deprecatedFirstTimestamp: null,
  deprecatedLastTimestamp: null,
  deprecatedSource: {},
  regarding: {},
};

export const eventKinds: readonly BuiltInKind[] = [
  {
    group: '',
    version: 'v1',
    plural: 'events',
    singular: 'event',
    kind: 'Event',
    short: ['ev'],
    members: event,
    shown: eventDefaults,
    selectable: [...eventFields, 'reason', 'type'],
    createOnUpdate: true,
    columns: eventColumns('involvedObject', 'message'),
  },
  {
    group: 'events.k8s.io',
    version: 'v1',
    plural: 'events',
    singular: 'event',
    kind: 'Event',
    short: ['ev'],
    members: regardingEvent,
    shown: regardingDefaults,
    selectable: ['kind', 'name', 'namespace', 'uid'].map(field => `regarding.${field}`).concat('reason', 'type'),
    createOnUpdate: true,
    columns: eventColumns('regarding', 'note'),
    table: '/events',
    conversion: eventConversion,
  },
];
