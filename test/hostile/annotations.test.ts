// Annotations that somebody got wrong, in every way that there is: a condition names key and value, and what runs is left alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import type { FunctionObject } from '../../src/function/schema.ts';
import { viewFunction } from '../../src/reconcile/leader/function-view.ts';
import { planWatch } from '../../src/watch/plan.ts';
import { digestOf } from '../flow/builder-farm.ts';
import { startReconcileCluster } from '../flow/cluster.ts';
import { type System, startSystem } from '../flow/system.ts';
import { createWorld, digest, gitSpec, shaA, type World, watching } from '../flow/world.ts';
import type { TestCluster } from '../servers/api-server.ts';

const paramsKey = 'openfunction.io/revision-controller-params';

function functionWith(params: string): FunctionObject {
  return {
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: { namespace: 'ns', name: 'f', uid: 'uid', annotations: watching(params) },
    spec: gitSpec,
  };
}

/** Ways of writing a value that no parameter takes, as YAML. */
const wrongValues = {
  'a list': '[source]',
  'a map': '{a: b}',
  'a list in itself': '&a [*a]',
  'a map in itself': '&a {b: *a}',
  'a set': '!!set {a, b}',
  bytes: '!!binary aGk=',
  infinity: '.inf',
  'no number': '.nan',
  'blank text': '"  "',
  'control characters': '"a\\0\\e[31m\\a"',
  'half a character': '"\\uD83D"',
  'text in many lines': '"a\\n\\nb c"',
  'a very long text': `"${'x y'.repeat(2_000)}"`,
  'deep lists': `${'['.repeat(300)}${']'.repeat(300)}`,
} as const;

/** Beside these: values of a right kind that mean nothing. */
const wrongWords: Readonly<Record<string, readonly string[]>> = {
  type: ['7', 'true', 'Source', 'git'],
  'polling-interval': ['7', 'true', '0', '0s', '-5s', '5', '5 s', '1d', 'soon', '9999999999h'],
  'repo-type': ['7', 'false', 'bitbucket', 'GitHub'],
  'base-url': ['7', 'true', 'gitlab.example', 'ftp://h', 'file:///etc', 'https://', 'javascript:alert(1)'],
  'auth-type': ['7', 'true', 'privatetoken', 'Basic'],
  'project-id': ['"a b"', '"a?b"', '"a#b"', '".."', 'a/../../b'],
  'insecure-registry': ['7', '"yes"', 'True1', 'on'],
  'skip-verify': ['0', '"yes"', 'never'],
};

/** What some parameter takes after all. */
const allowed = new Set(['project-id: .inf', 'project-id: .nan']);

const cases = Object.keys(wrongWords).flatMap(key => [
  ...Object.entries(wrongValues).map(([name, value]) => ({ key, name, value })),
  ...(wrongWords[key] ?? []).map(value => ({ key, name: value, value })),
]);

describe('a parameter of the watch', () => {
  it.each(cases.filter(({ key, value }) => !allowed.has(`${key}: ${value}`)))(
    '$key that is $name stops the watch and is named',
    ({ key, value }) => {
      const fn = functionWith(`${key}: ${value}`);
      const before = structuredClone(fn);
      const plan = planWatch(fn);
      if (plan.kind === 'watched') expect.fail(`it is watched: ${JSON.stringify(plan.watch)}`);
      expect(plan.reason).toBe('BadParams');
      expect(plan.problems).toHaveLength(1);
      expect(plan.message).toMatch(new RegExp(`\\["${paramsKey}"\\]\\.${key} .*, found .`));
      expect(plan.message.length).toBeLessThan(500);
      expect(plan.message).not.toMatch(/\p{Cc}/u);
      expect(plan.message.isWellFormed()).toBe(true);
      expect(fn).toEqual(before);
    },
  );

  it.each(Object.keys(wrongWords))('%s that is empty or null is absent', key => {
    for (const value of ['', 'null', '~', '""']) {
      expect(planWatch(functionWith(`${key}: ${value}`))).toEqual(planWatch(functionWith('')));
    }
  });

  it('is known, each of the table', () => {
    const values = { type: 'source', 'polling-interval': '9s', 'auth-type': 'JobToken', 'project-id': '7' };
    const more = {
      'repo-type': 'gitlab',
      'base-url': 'https://h',
      'insecure-registry': 'true',
      'skip-verify': 'false',
    };
    expect(Object.keys({ ...values, ...more }).toSorted()).toEqual(Object.keys(wrongWords).toSorted());
    const plan = planWatch(functionWith(JSON.stringify({ ...values, ...more })));
    expect(plan).toMatchObject({ kind: 'watched', watch: { warnings: [] } });
  });

  it.each([
    ['base-url', 'https://user:hunter2-pass@h.example'],
    ['base-url', 'user:hunter2-pass@h.example'],
    ['base-url', 'https://h.example/?private_token=hunter2-pass'],
    ['base-url', '{password: hunter2-pass}'],
    ['repo-type', 'https://user:hunter2-pass@h.example'],
    ['project-id', 'https://user:hunter2-pass@h.example/a b'],
    ['auth-type', '{token: hunter2-pass}'],
    ['type', '[{"api-key": hunter2-pass}]'],
  ])('%s that may hold a secret (%s) is named without its value', (key, value) => {
    const plan = planWatch(functionWith(`${key}: ${value}`));
    expect(plan).toMatchObject({ kind: 'unwatched', message: expect.stringContaining(`.${key} `) });
    expect(plan).toMatchObject({ message: expect.stringContaining('(hidden)') });
    expect(JSON.stringify(plan)).not.toContain('hunter2');
  });
});

/** Texts that are no map, or none that is read. */
const aliases = ['b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]', 'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]'];
const wrongTexts = {
  text: 'source',
  'a number': '7',
  'a list': '- type: source',
  'a set': '%YAML 1.1\n---\n!!set {type, source}',
  bytes: '%YAML 1.1\n---\n!!binary aGk=',
  'a date': '%YAML 1.1\n---\n!!timestamp 2001-01-01',
  'a key given twice': 'type: source\ntype: image',
  'two documents': 'type: source\n---\ntype: image',
  'an alias of nothing': 'type: *x',
  'aliases without end': [`a: &a [x,x,x,x,x,x,x,x,x]`, ...aliases, 'd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]'].join(
    '\n',
  ),
  tabs: 'type:\tsource\n\t- x',
  'open brackets': '['.repeat(8_000),
  'open braces': '{'.repeat(8_000),
  'lists in lists': `${'- '.repeat(4_000)}a`,
  'keys in keys': `${'? '.repeat(4_000)}a`,
  'a text of 1 MB': `type: ${'a'.repeat(1 << 20)}`,
  'forty thousand keys': Array.from({ length: 40_000 }, (_, at) => `k${at}: v`).join('\n'),
} as const;

describe('the annotation as a whole', () => {
  it.each(Object.entries(wrongTexts))('that is %s stops the watch and is named', (_, text) => {
    const plan = planWatch(functionWith(text));
    expect(plan).toMatchObject({ kind: 'unwatched', reason: 'BadParams' });
    expect(plan).toMatchObject({ message: expect.stringContaining(`["${paramsKey}"] `) });
    expect(JSON.stringify(plan).length).toBeLessThan(text.length * 2 + 1_000);
  });

  it.each([
    'token: hunter2-pass\n bad: [',
    'hunter2-pass: *secret',
    'password hunter2-pass',
    '"https://u:hunter2-pass@h"',
  ])('that may hold a secret (%s) is told without it', text => {
    const plan = planWatch(functionWith(text));
    expect(plan).toMatchObject({ kind: 'unwatched', message: expect.stringContaining('(hidden)') });
    expect(JSON.stringify(plan)).not.toContain('hunter2');
  });

  it('with unknown keys is read, and the first few are named', () => {
    const text = Array.from({ length: 300 }, (_, at) => `k${at}: v`).join('\n');
    const plan = planWatch(functionWith(`${text}\n"__proto__": {type: image}\n"\\e[31m": x`));
    const warnings = plan.kind === 'watched' ? plan.watch.warnings : [];
    expect(plan).toMatchObject({ kind: 'watched', watch: { type: 'source' } });
    expect(warnings[0]).toContain('unknown key k0 ');
    expect(warnings.at(-1)).toBe('and 297 more unknown keys');
    expect(warnings).toHaveLength(6);
  });

  it.each(Object.values(wrongTexts))('gives the leader a Function without a watch', text => {
    expect(viewFunction(functionWith(text))).toMatchObject({ key: 'ns/f', watch: undefined });
  });
});

describe('a Function that runs', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startReconcileCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  async function running(): Promise<World> {
    const world = await createWorld(cluster);
    await world.create(gitSpec, watching());
    await world.observe(shaA);
    await world.reconcile();
    await world.shipwright.succeed(await world.shipwright.newest(), { digest: digest(1), commit: shaA });
    await world.reconcile();
    await world.reconcile();
    return world;
  }

  /** All that must stay: the status without the condition at fault, and every child. */
  async function rest(world: World) {
    const { metadata, spec, status = {} } = await world.read();
    const { conditions = [], watch, observedGeneration: _, ...others } = status;
    const healthy = conditions.filter(({ type }) => type !== 'Watching').map(({ type, status: is }) => [type, is]);
    const children = await Promise.all(
      [kinds.builder, kinds.serving, kinds.build, kinds.buildRun].map(kind => world.all(kind)),
    );
    return { spec, healthy, others, watch, generation: metadata.generation, children };
  }

  it('goes on, whatever is written into the parameters', async () => {
    const world = await running();
    const before = await rest(world);
    expect(before.others).toMatchObject({ build: { state: 'Succeeded', revision: shaA } });
    const texts = cases.filter((_, at) => at % 9 === 0).map(({ key, value }) => `${key}: ${value}`);
    for (const params of [...texts, ...Object.values(wrongTexts).filter(text => text.length < 100_000)]) {
      await world.annotate(watching(params));
      world.requests.length = 0;
      await world.reconcile();
      const said = await world.condition('Watching');
      expect({ params, ...said }).toMatchObject({ params, status: 'False', reason: 'BadParams' });
      expect(said?.message).toContain(paramsKey);
      expect(await rest(world)).toEqual(before);
      expect(world.requests.filter(request => !request.startsWith('get '))).toEqual(['patch functions/f status']);
    }
    expect(world.faults).toEqual([]);
    await world.annotate(watching());
    await world.reconcile();
    expect(await world.condition('Watching')).toMatchObject({ status: 'True' });
    expect(await rest(world)).toEqual(before);
  });

  it.each([
    ['openfunction.io/build-engine', 'jenkins'],
    ['openfunction.io/suspend', 'yes'],
    ['openfunction.io/suspend', '\u001b[31mtrue'],
    ['openfunction.io/build-engine', 'x'.repeat(100_000)],
  ])('is told that %s cannot be %j, and starts nothing', async (key, value) => {
    const world = await running();
    const before = await rest(world);
    await world.annotate({ [key]: value });
    await world.editSpec({ build: { dockerfile: 'Dockerfile' } });
    await world.reconcile();
    const said = await world.condition('Stalled');
    expect(said).toMatchObject({
      reason: 'InvalidSpec',
      message: expect.stringContaining(`["${key}"] must be one of`),
    });
    expect(said?.message).not.toMatch(/\p{Cc}/u);
    expect((await rest(world)).children).toEqual(before.children);
    expect((await rest(world)).others).toEqual(before.others);
  });
});

describe('a control plane', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  it('says what is wrong with each, and works for the others', async () => {
    const hostile = {
      itself: 'type: &a {b: *a}',
      keys: Array.from({ length: 10_000 }, (_, at) => `key${at}: v`).join('\n'),
      brackets: '['.repeat(100_000),
      interval: 'polling-interval: -1s',
      secret: 'base-url: "user:hunter2-pass@h.example"',
    };
    for (const [name, params] of Object.entries(hostile)) await system.create(name, { params });
    const plane = await system.plane();
    const repository = await system.git.repository('team/good');
    const commit = await repository.commit();
    await system.create('good');
    await system.untilServed('good', digestOf('good', commit));
    for (const name of Object.keys(hostile)) {
      const fn = await system.until(
        name,
        'is told',
        one => findCondition(one.status?.conditions, 'Watching') !== undefined,
      );
      const said = findCondition(fn.status?.conditions, 'Watching');
      expect(said).toMatchObject({ status: 'False', reason: 'BadParams', message: expect.stringContaining(paramsKey) });
    }
    expect(plane.log()).not.toMatch(/"level":"error"|hunter2/);
  });
});
