// What Kubernetes adds to CEL, as far as rules of definitions use it.
import { isIP } from 'node:net';
import {
  type CelList,
  type CelMap,
  CelScalar,
  type CelValue,
  celFunc,
  celMethod,
  listType,
  mapType,
} from '@bufbuild/cel';
import { goPattern } from '../schema/pattern.ts';
import { compareQuantities, parseQuantity } from './quantity.ts';

const { BOOL, DYN, INT, STRING } = CelScalar;
const list = listType(DYN);

function textOf(map: CelMap, key: string): string {
  const value = map.get(key);
  return typeof value === 'string' ? value : '';
}

type Ordered = bigint | number | string | boolean;

function ordered(values: CelList): readonly Ordered[] {
  const items = [...values];
  return items.map(item => {
    if (typeof item === 'object') throw new Error('the items of the list cannot be compared');
    return item;
  });
}

/** The first item that comes before (or after) all others. */
function extreme(values: CelList, isBetter: (a: Ordered, b: Ordered) => boolean): CelValue {
  const [first, ...rest] = ordered(values);
  if (first === undefined) throw new Error('the list is empty');
  return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}

function sum(values: CelList): CelValue {
  const items = ordered(values);
  if (items.every(item => typeof item === 'bigint')) return items.reduce((total, item) => total + item, 0n);
  return items.reduce<number>((total, item) => total + Number(item), 0);
}

function pattern(text: string): RegExp {
  const compiled = goPattern(text);
  if (typeof compiled === 'string') throw new Error(compiled);
  return compiled;
}

function findAll(text: string, source: string, limit: number): readonly string[] {
  if (limit === 0) return [];
  const expression = pattern(source);
  const found = text.matchAll(new RegExp(expression.source, `${expression.flags}g`)).map(match => match[0]);
  return limit < 0 ? [...found] : [...found.take(limit)];
}

const lists = [
  celMethod('isSorted', list, [], BOOL, function () {
    return ordered(this).every((item, at, all) => at === 0 || (all[at - 1] ?? item) <= item);
  }),
  celMethod('sum', list, [], DYN, function () {
    return sum(this);
  }),
  celMethod('min', list, [], DYN, function () {
    return extreme(this, (a, b) => a < b);
  }),
  celMethod('max', list, [], DYN, function () {
    return extreme(this, (a, b) => a > b);
  }),
  celMethod('indexOf', list, [DYN], INT, function (item) {
    return BigInt([...this].indexOf(item));
  }),
  celMethod('lastIndexOf', list, [DYN], INT, function (item) {
    return BigInt([...this].lastIndexOf(item));
  }),
];

const texts = [
  celMethod('find', STRING, [STRING], STRING, function (source) {
    return pattern(source).exec(String(this))?.[0] ?? '';
  }),
  celMethod('findAll', STRING, [STRING], list, function (source) {
    return findAll(String(this), source, -1);
  }),
  celMethod('findAll', STRING, [STRING, INT], list, function (source, limit) {
    return findAll(String(this), source, Number(limit));
  }),
];

const urlType = mapType(STRING, STRING);

function parsedUrl(text: string): URL | undefined {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

/** A URL is a map with this one key. */
const urlPart = (name: string, read: (url: URL) => string) =>
  celMethod(name, urlType, [], STRING, function () {
    const url = parsedUrl(textOf(this, 'url'));
    if (!url) throw new Error('not a URL');
    return read(url);
  });

const urls = [
  celFunc('isURL', [STRING], BOOL, text => text.startsWith('/') || parsedUrl(text) !== undefined),
  celFunc('url', [STRING], urlType, text => {
    if (!parsedUrl(text)) throw new Error(`URL parse error: ${JSON.stringify(text)}`);
    return { url: text };
  }),
  urlPart('getScheme', url => url.protocol.replace(/:$/, '')),
  urlPart('getHost', url => url.host),
  urlPart('getHostname', url => url.hostname.replace(/^\[|\]$/g, '')),
  urlPart('getPort', url => url.port),
  urlPart('getEscapedPath', url => url.pathname),
];

function isCidr(text: string): boolean {
  const parts = /^(.+)\/(\d{1,3})$/.exec(text);
  const family = isIP(parts?.[1] ?? '');
  return family !== 0 && Number(parts?.[2]) <= (family === 4 ? 32 : 128);
}

const addresses = [
  celFunc('isIP', [STRING], BOOL, text => isIP(text) !== 0),
  celFunc('isCIDR', [STRING], BOOL, isCidr),
];

const quantityType = mapType(STRING, STRING);

const quantityOrder = (name: string, holds: (order: number) => boolean) =>
  celMethod(name, quantityType, [quantityType], BOOL, function (other) {
    return holds(compareQuantities(textOf(this, 'quantity'), textOf(other, 'quantity')));
  });

/** A quantity is a map with this one key. */
const quantities = [
  celFunc('isQuantity', [STRING], BOOL, text => parseQuantity(text) !== undefined),
  celFunc('quantity', [STRING], quantityType, text => {
    if (parseQuantity(text) === undefined) throw new Error(`${JSON.stringify(text)} is not a quantity`);
    return { quantity: text };
  }),
  quantityOrder('isGreaterThan', order => order > 0),
  quantityOrder('isLessThan', order => order < 0),
  celMethod('compareTo', quantityType, [quantityType], INT, function (other) {
    return BigInt(compareQuantities(textOf(this, 'quantity'), textOf(other, 'quantity')));
  }),
];

const optionalType = mapType(STRING, DYN);

/** A value that may be absent is a map with this one key, or empty: oldSelf, where a rule asks for it. */
const optionals = [
  celMethod('hasValue', optionalType, [], BOOL, function () {
    return this.has('value');
  }),
  celMethod('value', optionalType, [], DYN, function () {
    const value = this.get('value');
    if (value === undefined) throw new Error('optional.none() dereference');
    return value;
  }),
  celMethod('orValue', optionalType, [DYN], DYN, function (other) {
    return this.get('value') ?? other;
  }),
];

/** Lists, texts, URLs, addresses, quantities, and the methods of an optional oldSelf. */
export const functions = [...lists, ...texts, ...urls, ...addresses, ...quantities, ...optionals];
