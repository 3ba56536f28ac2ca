// What people write for hooks, and what is made of it: all of it, or nothing and why.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatYaml } from '../platform/yaml.ts';
import { parseBuildHooks } from './build-hooks.ts';
import { problemText } from './problem.ts';

const plain = (name: string, params = {}) => ({ task: { name }, params, workspaces: { source: 'source' } });
const facts = { image: { from: 'image' }, digest: { from: 'digest' }, commit: { from: 'commit' } };
const told = (text: string) => parseBuildHooks(text).problems.map(problemText).join('; ');

describe('hooks of a build', () => {
  it.each(['', '  \n', '{}', 'before: []', 'before:\nafter:'])('are none for %j', text => {
    expect(parseBuildHooks(text)).toEqual({ problems: [] });
  });

  it('are names of Tasks in the order in which they run', () => {
    expect(parseBuildHooks('before: [unit, lint]\nafter:\n- name: scan').hooks).toEqual({
      before: [plain('unit'), plain('lint')],
      after: [plain('scan', facts)],
    });
  });

  it('may be what a resolver finds, with its own parameters', () => {
    const text = 'after: [{resolver: hub, ref: {name: cosign, version: 0.10}, workspaces: {login: dockerconfig}}]';
    expect(parseBuildHooks(text).hooks?.after).toEqual([
      {
        task: { resolver: 'hub', ref: { name: 'cosign', version: '0.10' } },
        params: facts,
        workspaces: { login: 'dockerconfig' },
      },
    ]);
  });

  it('take texts, lists, and what the build knows', () => {
    const text =
      'after: [{name: s, params: {a: x, n: 7, t: true, i: {from: image}, l: [x, 1, {from: digest}], e: ""}, workspaces: {}}]';
    expect(parseBuildHooks(text).hooks?.after[0]).toEqual({
      task: { name: 's' },
      params: { a: 'x', n: '7', t: 'true', i: { from: 'image' }, l: ['x', '1', { from: 'digest' }], e: '' },
      workspaces: {},
    });
  });

  it.each([
    ['just text', 'must be a YAML map with before, after, found "just text"'],
    ['{', 'must be a YAML map'],
    ['- scan', 'must be a YAML map'],
    ['befor: [x]', '.befor is not known; there are before, after'],
    ['before: scan', '.before must be a list of Tasks, found "scan"'],
    [`before: [${'x,'.repeat(9)}]`, '.before must not name more than 8 Tasks'],
    ['after: [Scan It]', '.after[0] must be the name of a Task, or have name or resolver, found "Scan It"'],
    ['after: [true]', '.after[0] must be a YAML map'],
    ['after: [{}]', '.after[0] must be the name of a Task'],
    ['after: [{name: [a]}]', '.after[0].name must be the name of a Task'],
    [
      'after: [{name: a, kind: ClusterTask}]',
      '.after[0].kind is not known; there are name, resolver, ref, params, workspaces',
    ],
    ['after: [{name: a, resolver: hub}]', '.after[0].name cannot stand beside resolver and ref'],
    ['after: [{ref: {a: b}}]', '.after[0].resolver must be the name of a resolver'],
    ['after: [{resolver: git, ref: {a: [b]}}]', '.after[0].ref.a must be a text'],
    ['after: [{resolver: git, ref: {a: $(params.image)}}]', '.after[0].ref.a must not contain $('],
    ['after: [{name: a, params: [x]}]', '.after[0].params must be a YAML map, found ["x"]'],
    ['after: [{name: a, params: {x: null}}]', '.after[0].params.x must be a text, a list of texts, or {from: image}'],
    ['after: [{name: a, params: {x: {from: tag}}}]', '.after[0].params.x must be a text'],
    ['after: [{name: a, params: {x: {from: image, y: z}}}]', '.after[0].params.x must be a text'],
    ['after: [{name: a, params: {x: [[y]]}}]', '.after[0].params.x[0] must be a text'],
    ['after: [{name: a, params: {"a b": c}}]', '.params["a b"] has no name that Tekton takes'],
    [
      'before: [{name: a, params: {x: {from: image}}}]',
      '.before[0].params.x must be a text, a list of texts, or {from: commit}',
    ],
    [
      'before: [{name: a, workspaces: {x: cache}}]',
      '.before[0].workspaces.x must be one of source, dockerconfig, found "cache"',
    ],
    ['before: [{name: a, workspaces: source}]', '.before[0].workspaces must be a YAML map'],
    ['before: [&a [*a]]', '.before[0] must be a YAML map'],
    [`before: [a] # ${'x'.repeat(140_000)}`, 'is longer than 131072 characters'],
  ])('are refused as a whole for %s', (text, message) => {
    expect(parseBuildHooks(text).hooks).toBeUndefined();
    expect(told(text)).toContain('metadata.annotations["openfunction.io/build-hooks"]');
    expect(told(text)).toContain(message);
  });

  it('are refused without a word that may be a secret', () => {
    expect(told('after: [{name: a, params: {x: {password: hunter2}}}]')).toContain('found "(hidden)"');
  });

  it('keep every text as it was written, and never throw', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, fc.array(text), (value, list) => {
        const annotation = formatYaml({ after: [{ name: 'a', params: { value, list } }] });
        expect(parseBuildHooks(annotation).hooks?.after[0]?.params).toEqual({ value, list });
      }),
    );
    fc.assert(fc.property(fc.oneof(text, fc.json()), value => void parseBuildHooks(value)));
  });
});
