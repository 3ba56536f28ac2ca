// The provider contract, first part: what heads are, and what they become.
import { expect } from 'vitest';
import { idOf, type Side, type Trial } from './provider-harness.ts';

type Case = (trial: Trial) => Promise<void>;

const missing = { kind: 'missing' };

function gitOf(side: Side): NonNullable<Side['git']> {
  if (!side.git) throw new Error('this case needs a Git repository');
  return side.git;
}

export const headCases = {
  'gives the first head': async trial => {
    const side = await trial.harness.side();
    const id = await side.push('main');
    expect(await trial.id(side, 'main')).toBe(id);
  },
  'says the same of what did not change': async trial => {
    const side = await trial.harness.side();
    const id = await side.push('main');
    const previous = await trial.ask(side, ['main']);
    trial.exchanges.length = 0;
    expect(idOf((await trial.ask(side, ['main'], { previous }))['main'])).toBe(id);
    const isConditional = trial.exchanges.some(exchange => exchange.isConditional && exchange.status === 304);
    expect(isConditional).toBe(trial.harness.provider.conditional);
  },
  'asks once for what did not change': async trial => {
    const side = await trial.harness.side();
    await side.push('main');
    const previous = await trial.ask(side, ['main']);
    trial.exchanges.length = 0;
    await trial.ask(side, ['main'], { previous });
    expect(trial.exchanges).toHaveLength(1);
  },
  'asks unconditionally for a second opinion': async trial => {
    const side = await trial.harness.side();
    const id = await side.push('main');
    const previous = await trial.ask(side, ['main']);
    trial.exchanges.length = 0;
    expect(idOf((await trial.ask(side, ['main'], { previous, fresh: true }))['main'])).toBe(id);
    expect(trial.exchanges.filter(exchange => exchange.isConditional)).toEqual([]);
  },
  'sees a new commit': async trial => {
    const side = await trial.harness.side();
    await side.push('main');
    const previous = await trial.ask(side, ['main']);
    const id = await side.push('main');
    expect(await trial.id(side, 'main', { previous })).toBe(id);
  },
  'sees a force push': async trial => {
    const side = await trial.harness.side();
    await side.push('main');
    const previous = await trial.ask(side, ['main']);
    const id = await side.push('main', { orphan: true });
    expect(await trial.id(side, 'main', { previous })).toBe(id);
  },
  'calls a deleted branch missing, and sees it when it comes back': async trial => {
    const side = await trial.harness.side();
    await side.push('other');
    await side.push('main');
    const previous = await trial.ask(side, ['main']);
    await side.remove('main');
    expect(await trial.ask(side, ['main'], { previous })).toEqual({ main: missing });
    const id = await side.push('main');
    expect(await trial.id(side, 'main', { previous: { main: { kind: 'missing' } } })).toBe(id);
  },
  'answers for every want, missing ones included': async trial => {
    const side = await trial.harness.side();
    const one = await side.push('one');
    const two = await side.push('two');
    const heads = await trial.ask(side, ['one', 'none', 'two']);
    expect(Object.keys(heads).toSorted()).toEqual(['none', 'one', 'two']);
    expect([idOf(heads['one']), heads['none'], idOf(heads['two'])]).toEqual([one, missing, two]);
  },
  'tells twins apart whose names begin alike': async trial => {
    const side = await trial.harness.side();
    const long = await side.push('main2');
    expect(await trial.ask(side, ['main', 'mai'])).toEqual({ main: missing, mai: missing });
    const short = await side.push('main');
    const heads = await trial.ask(side, ['main', 'main2']);
    expect([idOf(heads['main']), idOf(heads['main2'])]).toEqual([short, long]);
  },
  'takes names with slashes, hashes, percent signs and letters of any script': async trial => {
    const side = await trial.harness.side();
    for (const name of ['feature/x', 'fix#1', '50%', 'a%2Fb', '分支/ü+&=;']) {
      const id = await side.push(name);
      expect(await trial.id(side, name)).toBe(id);
      expect(await trial.id(side, `refs/heads/${name}`)).toBe(id);
    }
  },
  'calls missing what no ref can be named': async trial => {
    const side = await trial.harness.side();
    await side.push('main');
    const names = [
      'a..b',
      '../main',
      'main ',
      'a\nb',
      '/main',
      'main/',
      'a//b',
      '.',
      '\u{D800}',
      'main^{}',
      'ma?n',
      '',
    ];
    const heads = await trial.ask(side, names);
    expect(Object.values(heads)).toEqual(names.map(() => missing));
  },
  'takes hex digits as the name of a ref and not as a commit': async trial => {
    const side = await trial.harness.side();
    const id = await side.push('main');
    expect(await trial.ask(side, [id.slice(0, 8)])).toEqual({ [id.slice(0, 8)]: missing });
    const named = await side.push('abcdef1');
    expect(await trial.id(side, 'abcdef1')).toBe(named);
  },
  'gives the commit of a tag, and of the tag when it moved': async trial => {
    const side = await trial.harness.side();
    const first = await side.push('main');
    await gitOf(side).tag('v1', 'refs/heads/main');
    const previous = await trial.ask(side, ['v1']);
    expect(previous['v1']).toMatchObject({ kind: 'found', id: first, ref: 'refs/tags/v1' });
    const second = await side.push('main');
    await gitOf(side).tag('v1', 'refs/heads/main');
    expect(await trial.id(side, 'v1', { previous })).toBe(second);
    expect(await trial.id(side, 'refs/tags/v1')).toBe(second);
  },
  'gives the commit that an annotated tag means': async trial => {
    const side = await trial.harness.side();
    const id = await side.push('main');
    const object = await gitOf(side).annotatedTag('v2', 'refs/heads/main');
    expect(object).not.toBe(id);
    expect(await trial.id(side, 'v2')).toBe(id);
  },
  'takes a branch before a tag of the same name': async trial => {
    const side = await trial.harness.side();
    const tagged = await side.push('main');
    await gitOf(side).tag('twin', 'refs/heads/main');
    const id = await side.push('twin');
    const heads = await trial.ask(side, ['twin', 'refs/tags/twin']);
    expect(heads['twin']).toMatchObject({ id, ref: 'refs/heads/twin' });
    expect(idOf(heads['refs/tags/twin'])).toBe(tagged);
    await side.remove('twin');
    expect(await trial.id(side, 'twin')).toBe(tagged);
  },
  'follows the default branch, and its rename': async trial => {
    const side = await trial.harness.side();
    const first = await side.push('main');
    const previous = await trial.ask(side, ['HEAD']);
    expect(idOf(previous['HEAD'])).toBe(first);
    await gitOf(side).renameBranch('main', 'trunk');
    const second = await side.push('trunk');
    expect(await trial.id(side, 'HEAD', { previous })).toBe(second);
    const third = await side.push('next', { orphan: true });
    await gitOf(side).setDefaultBranch('next');
    expect(await trial.id(side, 'HEAD', { previous })).toBe(third);
  },
  'calls everything missing in an empty repository': async trial => {
    const side = await trial.harness.side();
    expect(await trial.ask(side, ['HEAD', 'main'])).toEqual({ HEAD: missing, main: missing });
  },
  'calls a default branch missing that is not there yet': async trial => {
    const side = await trial.harness.side();
    await side.push('other');
    expect((await trial.ask(side, ['HEAD']))['HEAD']).toEqual(missing);
  },
} satisfies Record<string, Case>;
