// Who is woken for a run that several Functions share.
import { expect, it } from 'vitest';
import { type FunctionView, viewFunction } from '../leader/function-view.ts';
import { Followers } from './followers.ts';

const view = (name: string, builder?: string, namespace = 'n'): FunctionView => {
  const metadata = { name, namespace, uid: name };
  const base = viewFunction({ apiVersion: 'core.openfunction.io/v1beta2', kind: 'Function', metadata });
  return { ...base, follows: builder === undefined ? undefined : { function: 'first', builder } };
};

it('knows those that follow a Builder, in its namespace alone, as long as they do', () => {
  const followers = new Followers();
  for (const name of ['a', 'b']) followers.put(view(name, 'one'));
  followers.put(view('c', 'two'));
  followers.put(view('d', 'one', 'm'));
  followers.put(view('e'));
  expect(followers.of('n', 'one')).toEqual(['n/a', 'n/b']);
  followers.put(view('a', 'two'));
  followers.put(view('b', 'one'));
  expect([followers.of('n', 'one'), followers.of('n', 'two')]).toEqual([['n/b'], ['n/c', 'n/a']]);
  followers.put(view('b'));
  followers.drop('n/c');
  followers.drop('n/e');
  expect([followers.of('n', 'one'), followers.of('n', 'two'), followers.of('m', 'one')]).toEqual([
    [],
    ['n/a'],
    ['m/d'],
  ]);
});
