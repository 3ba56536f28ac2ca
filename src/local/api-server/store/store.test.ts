import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApiObject } from '../object.ts';
import { Store } from './store.ts';
import type { Table } from './table.ts';

describe('the store', () => {
  let directory: string;
  let store: Store;
  let table: Table;

  const open = () => {
    store = new Store({ file: join(directory, 'objects.sqlite'), history: 20 });
    table = store.table('g/things');
  };
  const object = (name: string, size = 0): ApiObject => ({
    apiVersion: 'g/v1',
    kind: 'Thing',
    metadata: { name },
    size,
  });
  const put = (name: string, size?: number) => store.put(table, `ns/${name}`, object(name, size)).version;
  const remove = (name: string) => {
    const entry = table.get(`ns/${name}`);
    return entry ? store.remove(table, entry).version : 0;
  };
  const namesAt = (version: number, from = '') =>
    [...(table.entriesAt({ prefix: 'ns/', from, version }) ?? [])]
      .map(entry => `${entry.object.metadata.name}${String(entry.object['size'])}`)
      .join(' ');
  const countAt = (version: number, from = '') => table.countAt({ prefix: 'ns/', from, version });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'revflow-store-'));
    open();
  });
  afterEach(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });

  test('the past can be seen as it was, from any key on', () => {
    put('b');
    put('d');
    const before = put('c');
    put('a');
    remove('c');
    put('d', 1);
    expect(namesAt(before)).toBe('b0 c0 d0');
    expect(namesAt(before, 'ns/b\0')).toBe('c0 d0');
    expect(countAt(before, 'ns/b\0')).toBe(2);
    expect(namesAt(store.version)).toBe('a0 b0 d1');
    expect(countAt(store.version)).toBe(3);
  });

  test('versions rise with every write, deletions included, and go on after a restart', () => {
    const versions = [put('a'), put('b'), remove('a'), put('b', 1)];
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(new Set(versions).size).toBe(4);
    const last = store.version;
    store.close();
    open();
    expect(namesAt(store.version)).toBe('b1');
    expect(put('c')).toBe(last + 1);
  });

  test('history is forgotten in time, what is there stays, and the last version is never given twice', () => {
    const first = put('a');
    for (let size = 0; size < 50; size += 1) put('b', size);
    const last = remove('b');
    expect(table.entriesAt({ prefix: '', from: '', version: first })).toBeUndefined();
    expect(table.positionAfter(first)).toBeUndefined();
    store.compact();
    store.close();
    open();
    expect(store.version).toBe(last);
    expect(namesAt(last)).toBe('a0');
  });

  test('objects whose values are no longer kept are the same when they are read again', () => {
    const entry = store.put(table, 'ns/a', object('a', 7));
    const { text } = entry;
    entry.release();
    expect(entry.object).toMatchObject({ metadata: { name: 'a' }, size: 7 });
    expect(entry.text).toBe(text);
  });

  test('a table that is rewritten keeps its versions, also after a restart', () => {
    const version = put('a', 1);
    store.rewrite(table, stored => ({ ...stored, size: 2 }));
    expect(table.get('ns/a')).toMatchObject({ version, object: { size: 2 } });
    store.close();
    open();
    expect(table.get('ns/a')).toMatchObject({ version, object: { size: 2 } });
  });
});
