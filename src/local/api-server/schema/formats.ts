// The formats of texts that the API server checks; others are taken as they are.
import { isIP, isIPv4, isIPv6 } from 'node:net';

const uuid = (version: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, 'i');

const dateTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-4]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-4]):[0-5]\d)$/;

/** Go's durations (`1h30m`, `-1.5s`), and whole numbers of named units (`2 days`), as go-openapi reads them. */
const duration =
  /^(?:[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)|(?:\d+\s*(?:nanos?|nanoseconds?|micros?|microseconds?|millis?|milliseconds?|secs?|seconds?|mins?|minutes?|hrs?|hours?|d|days?|w|wks?|weeks?|ns|us|µs|ms|s|m|h)\s*)+)$/;

const hostname =
  /^(?=.{1,255}$)[a-z0-9_\u00a0-\uffff](?:[-a-z0-9_\u00a0-\uffff]{0,61}[a-z0-9_\u00a0-\uffff])?(?:\.[a-z0-9_\u00a0-\uffff](?:[-a-z0-9_\u00a0-\uffff]{0,61}[a-z0-9_\u00a0-\uffff])?)*\.?$/i;

const matching = (pattern: RegExp) => (text: string) => pattern.test(text);

const checks: ReadonlyMap<string, (text: string) => boolean> = new Map<string, (text: string) => boolean>([
  ['bsonobjectid', matching(/^[0-9a-f]{24}$/i)],
  ['byte', matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)],
  ['cidr', isCidr],
  ['creditcard', matching(/^[\d -]{13,25}$/)],
  ['date', text => /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text)],
  ['datetime', text => dateTime.test(text) && isDay(text.slice(0, 10))],
  ['duration', matching(duration)],
  ['email', matching(/^[^\s@<>(),:;"[\]\\]+@[^\s@<>(),:;"[\]\\]+$/)],
  ['hexcolor', matching(/^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i)],
  ['hostname', matching(hostname)],
  ['ipv4', text => isIPv4(text)],
  ['ipv6', text => isIPv6(text)],
  ['isbn', matching(/^(?:[\dX -]{10,17})$/i)],
  ['isbn10', matching(/^(?:\d[ -]?){9}[\dX]$/i)],
  ['isbn13', matching(/^(?:\d[ -]?){12}\d$/)],
  ['mac', matching(/^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$/i)],
  ['password', () => true],
  ['rgbcolor', matching(/^rgb\(\s*(?:\d{1,3}\s*,\s*){2}\d{1,3}\s*\)$/)],
  ['ssn', matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ['uri', text => text.startsWith('/') || (/^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text))],
  ['uuid', matching(uuid('[0-9a-f]'))],
  ['uuid3', matching(uuid('3'))],
  ['uuid4', matching(uuid('4'))],
  ['uuid5', matching(uuid('5'))],
]);

/** The check of a format; undefined for one that is not checked. `date-time` and `datetime` are one. */
export function formatCheck(format: string): ((text: string) => boolean) | undefined {
  return checks.get(format.replaceAll('-', ''));
}

function isCidr(text: string): boolean {
  const parts = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const family = parts?.[1] === undefined ? 0 : isIP(parts[1]);
  return family !== 0 && Number(parts?.[2]) <= (family === 4 ? 32 : 128);
}

/** February has no 30th. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
