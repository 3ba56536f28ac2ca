// Builds for an image that they are made with: when they are wanted, what holds them, and of which revision they are.
import { expect, it } from 'vitest';
import { decideBuild } from './decide.ts';
import { type BuildFacts, type BuildImageFacts, defaultPolicy, type Facts, type RecordedBuild } from './facts.ts';

const now = 1_000_000;
const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
const one = 'sha256:1';
const two = 'sha256:2';

const image = (built: string | undefined, id?: string, over: Partial<BuildImageFacts> = {}): BuildImageFacts => ({
  image: 'b.example/go:1',
  built,
  head: id === undefined ? undefined : { id, sightings: 1 },
  left: [],
  ...over,
});
const seen = (id: string) => ({ awaitingSince: undefined, head: { id, sightings: 1 }, left: [] });
const lost = { awaitingSince: undefined, head: undefined, left: [] };
const facts = (over: Partial<Facts> = {}): Facts => ({
  now,
  policy: defaultPolicy,
  suspended: false,
  hold: undefined,
  rebuildRequest: undefined,
  watch: undefined,
  images: [image(one, two)],
  ...over,
});
const build = (over: Partial<RecordedBuild> = {}, rest: Partial<BuildFacts> = {}): BuildFacts => ({
  inputHash: 'v1:x',
  recorded: {
    phase: 'succeeded',
    revision: a,
    inputHash: 'v1:x',
    cancels: 0,
    vanished: 0,
    retries: 0,
    retryAt: undefined,
    superseded: false,
    pruned: false,
    ...over,
  },
  everBuilt: true,
  builder: 'present',
  run: 'present',
  editedSinceAdoption: false,
  ...rest,
});
const moved = 'BuilderImageMoved';
const left = [{ id: two, at: now - 60_000 }];

it.each<[string, Facts, BuildFacts, string]>([
  ['the same digest builds nothing', facts({ images: [image(one, one)] }), build(), 'nothing'],
  [
    'a digest that nothing is recorded of builds nothing',
    facts({ images: [image(undefined, two)] }),
    build(),
    'nothing',
  ],
  ['an image that was not looked at yet builds nothing', facts({ images: [image(one)] }), build(), 'nothing'],
  ['a new digest builds what is not watched as written', facts(), build(), `build ${moved} as written`],
  ['a new digest builds the recorded revision', facts({ watch: seen(a) }), build(), `build ${moved} ${a}`],
  ['and does not wait for the source to be seen again', facts({ watch: lost }), build(), `build ${moved} ${a}`],
  ['a new revision comes first', facts({ watch: seen(b) }), build(), `build NewRevision ${b}`],
  [
    'the second of two images counts',
    facts({ images: [image(one, one), image(one, two)] }),
    build(),
    `build ${moved} as written`,
  ],
  ['a failed build is built with the new one', facts(), build({ phase: 'failed' }), `build ${moved} as written`],
  [
    'at once, whenever it was to be tried again',
    facts(),
    build({ phase: 'failed', retryAt: now + 9_000 }),
    `build ${moved} as written`,
  ],
  ['suspend holds', facts({ suspended: true }), build(), `hold ${moved} Suspended`],
  ['a freeze holds', facts({ hold: 'a freeze' }), build(), `hold ${moved} Held`],
  ['a running build is cancelled for it', facts(), build({ phase: 'running' }), `cancel ${moved} as written`],
  ['but not a third one in a row', facts(), build({ phase: 'running', cancels: 2 }), `hold ${moved} LettingFinish`],
  [
    'a digest that was left a minute ago must be seen twice',
    facts({ images: [image(one, two, { left })] }),
    build(),
    `hold ${moved} ConfirmingRollback`,
  ],
  [
    'another image that is not in doubt counts at once',
    facts({ images: [image(one, two, { left }), image(one, 'sha256:3')] }),
    build(),
    `build ${moved} as written`,
  ],
  [
    'and counts then',
    facts({ images: [image(one, two, { left, head: { id: two, sightings: 2 } })] }),
    build(),
    `build ${moved} as written`,
  ],
  [
    'what was never built builds for that',
    facts(),
    { ...build(), recorded: undefined, everBuilt: false },
    'build First as written',
  ],
])('%s', (_, situation, state, expected) => {
  const decision = decideBuild(situation, state);
  const words = decision.verdict === 'nothing' ? [] : [decision.cause];
  const end =
    decision.verdict === 'hold' ? decision.hold.reason : 'cause' in decision ? (decision.revision ?? 'as written') : '';
  expect([decision.verdict, ...words, end].filter(word => word !== '').join(' ')).toBe(expected);
});

it('the trace names the image and both digests', () => {
  const { trace } = decideBuild(facts(), build());
  expect(trace).toContainEqual({ rule: 'builder image moved', found: `b.example/go:1 is ${two} now, and was ${one}` });
});
