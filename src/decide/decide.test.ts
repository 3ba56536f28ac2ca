// The truth table of the decisions: for every cause and gate, what is decided and why.
import { describe, expect, it } from 'vitest';
import { isReason } from '../function/reasons.ts';
import { decideBuild, decideServing } from './decide.ts';
import type { BuildFacts, Facts, RecordedBuild, ServingFacts } from './facts.ts';
import { defaultPolicy } from './facts.ts';
import { decideDigest } from './new-digest.ts';

const now = 1_000_000;
const a = 'a'.repeat(40);
const b = 'b'.repeat(40);

const seen = (id: string, sightings = 1) => ({ awaitingSince: undefined, head: { id, sightings }, left: [] });
const unseen = (awaitingSince?: number) => ({ awaitingSince, head: undefined, left: [] });

function facts(over: Partial<Facts> = {}): Facts {
  const base = { now, policy: defaultPolicy, suspended: false, hold: undefined, rebuildRequest: undefined };
  return { ...base, watch: undefined, ...over };
}

const recorded: RecordedBuild = {
  phase: 'succeeded',
  revision: a,
  inputHash: 'v1:x',
  cancels: 0,
  vanished: 0,
  retries: 0,
  retryAt: undefined,
  superseded: false,
  pruned: false,
};

function build(over: Partial<RecordedBuild> = {}, rest: Partial<BuildFacts> = {}): BuildFacts {
  return {
    inputHash: 'v1:x',
    recorded: { ...recorded, ...over },
    everBuilt: true,
    builder: 'present',
    run: 'present',
    editedSinceAdoption: false,
    ...rest,
  };
}

const never: BuildFacts = { ...build(), recorded: undefined, everBuilt: false };

/** verdict, cause, and the pinned revision or the reason of the hold, in one line. */
function verdict(situation: Facts, state: BuildFacts): string {
  const decision = decideBuild(situation, state);
  if (decision.verdict === 'nothing') return 'nothing';
  if (decision.verdict === 'hold') return `hold ${decision.cause} ${decision.hold.reason}`;
  return `${decision.verdict} ${decision.cause} ${decision.revision ?? 'as written'}`;
}

describe('whether a build starts', () => {
  const table: readonly [string, Facts, BuildFacts, string][] = [
    ['a new Function that nobody watches builds as written', facts(), never, 'build First as written'],
    ['a new watched Function is pinned', facts({ watch: seen(a) }), never, `build First ${a}`],
    ['it waits for its first observation', facts({ watch: unseen() }), never, 'hold First AwaitingFirstObservation'],
    ['still waits at 29 s', facts({ watch: unseen(now - 29_000) }), never, 'hold First AwaitingFirstObservation'],
    ['goes as written after 30 s', facts({ watch: unseen(now - 30_000) }), never, 'build First as written'],
    ['a cleared status.build is a command', facts(), { ...never, everBuilt: true }, 'build Cleared as written'],
    ['the same head does nothing', facts({ watch: seen(a) }), build(), 'nothing'],
    ['another head builds', facts({ watch: seen(b) }), build(), `build NewRevision ${b}`],
    ['a missing ref does nothing', facts({ watch: unseen() }), build(), 'nothing'],
    ['a failed revision is not repeated', facts({ watch: seen(a) }), build({ phase: 'failed' }), 'nothing'],
    [
      'a failed build does not stop watching',
      facts({ watch: seen(b) }),
      build({ phase: 'failed' }),
      `build NewRevision ${b}`,
    ],
    [
      'a rebuild request repeats a failed revision',
      facts({ watch: seen(a), rebuildRequest: '1' }),
      build({ phase: 'failed' }),
      `build RebuildRequested ${a}`,
    ],
    ['an edit builds', facts({ watch: seen(a) }), build({ inputHash: 'v1:y' }), `build SpecChanged ${a}`],
    ['an adopted build is left alone', facts({ watch: seen(a) }), build({ inputHash: undefined }), 'nothing'],
    [
      'an edit after the adopted build builds',
      facts({ watch: seen(a) }),
      build({ inputHash: undefined }, { editedSinceAdoption: true }),
      `build SpecChanged ${a}`,
    ],
    [
      'a newer head cancels what runs',
      facts({ watch: seen(b) }),
      build({ phase: 'running' }),
      `cancel NewRevision ${b}`,
    ],
    [
      'twice in a row at most',
      facts({ watch: seen(b) }),
      build({ phase: 'running', cancels: 2 }),
      'hold NewRevision LettingFinish',
    ],
    [
      'an edit always cancels',
      facts({ watch: seen(b) }),
      build({ phase: 'running', cancels: 2, inputHash: 'v1:y' }),
      `cancel SpecChanged ${b}`,
    ],
    [
      'an intent without a run is replaced',
      facts({ watch: seen(b) }),
      build({ phase: 'intended' }),
      `build NewRevision ${b}`,
    ],
    [
      'while an unpinned run goes, observations wait',
      facts({ watch: seen(b) }),
      build({ phase: 'running', revision: undefined }),
      'nothing',
    ],
    [
      'an unpinned run that reported no revision is followed by the observed one',
      facts({ watch: seen(b) }),
      build({ revision: undefined }),
      `build NewRevision ${b}`,
    ],
    [
      'a deleted Builder of a failed build builds again',
      facts({ watch: seen(a) }),
      build({ phase: 'failed' }, { builder: 'absent' }),
      `build BuilderDeleted ${a}`,
    ],
    [
      'a Builder that we pruned does not',
      facts({ watch: seen(a) }),
      build({ phase: 'failed', pruned: true }, { builder: 'absent' }),
      'nothing',
    ],
    [
      'a deleted Builder of a good build does not',
      facts({ watch: seen(a) }),
      build({}, { builder: 'absent' }),
      'nothing',
    ],
    [
      'what failed in passing is tried again at its own revision',
      facts({ watch: unseen() }),
      build({ phase: 'failed', retryAt: now }),
      `build Retried ${a}`,
    ],
    [
      'and not before its time',
      facts({ watch: seen(a) }),
      build({ phase: 'failed', retryAt: now + 1 }),
      'hold Retried RetryingBuild',
    ],
    [
      'a newer head does not wait for that',
      facts({ watch: seen(b) }),
      build({ phase: 'failed', retryAt: now + 1 }),
      `build NewRevision ${b}`,
    ],
    [
      'a vanished run is started again at its own revision, observed or not',
      facts({ watch: unseen() }),
      build({ phase: 'running' }, { run: 'absent' }),
      `build RunVanished ${a}`,
    ],
    [
      'three times at most',
      facts({ watch: seen(a) }),
      build({ phase: 'running', vanished: 3 }, { run: 'absent' }),
      'nothing',
    ],
    [
      'a shared run of which nothing comes is replaced by an own one, at the same revision, observed or not',
      facts({ watch: unseen() }),
      build({ phase: 'running', lost: 'it failed' }, { run: 'unasked' }),
      `build ShareLost ${a}`,
    ],
    [
      'there is nothing to let finish where a shared run is lost and something newer was seen',
      facts({ watch: seen(b) }),
      build({ phase: 'running', lost: 'it failed', cancels: 2 }, { run: 'unasked' }),
      `build NewRevision ${b}`,
    ],
    [
      'a suspended Function starts no run of its own for a shared one that is lost',
      facts({ suspended: true }),
      build({ phase: 'running', lost: 'it failed' }, { run: 'unasked' }),
      'hold ShareLost Suspended',
    ],
    [
      'a shared run that was lost is of no interest once the build has ended',
      facts({ watch: seen(a) }),
      build({ lost: 'it failed' }),
      'nothing',
    ],
    [
      'a run that was cancelled for a head that is not known any more waits for the next look',
      facts({ watch: unseen() }),
      build({ phase: 'failed', superseded: true }),
      'nothing',
    ],
    [
      'a run that was cancelled for a head that is gone again is built again',
      facts({ watch: seen(a) }),
      build({ phase: 'failed', superseded: true }),
      `build Superseded ${a}`,
    ],
    [
      'a cancelled run is followed by the newer head',
      facts({ watch: seen(b) }),
      build({ phase: 'failed', superseded: true }),
      `build NewRevision ${b}`,
    ],
    ['a suspended Function starts nothing', facts({ suspended: true }), never, 'hold First Suspended'],
    ['a held one takes no new revision', facts({ watch: seen(b), hold: 'freeze' }), build(), 'hold NewRevision Held'],
    [
      'but builds what people ask for',
      facts({ watch: seen(a), hold: 'freeze' }),
      build({ inputHash: 'v1:y' }),
      `build SpecChanged ${a}`,
    ],
    [
      'an id left nine minutes ago must be seen twice',
      facts({ watch: { ...seen(b), left: [{ id: b, at: now - 540_000 }] } }),
      build(),
      'hold NewRevision ConfirmingRollback',
    ],
    [
      'seen twice, it counts',
      facts({ watch: { ...seen(b, 2), left: [{ id: b, at: now - 540_000 }] } }),
      build(),
      `build NewRevision ${b}`,
    ],
    [
      'an id left ten minutes ago counts at once',
      facts({ watch: { ...seen(b), left: [{ id: b, at: now - 600_000 }] } }),
      build(),
      `build NewRevision ${b}`,
    ],
  ];
  it.each(table)('%s', (_, situation, state, expected) => {
    expect(verdict(situation, state)).toBe(expected);
  });

  it('every hold has a reason of the closed list', () => {
    const holds = table.flatMap(([, situation, state]) => {
      const decision = decideBuild(situation, state);
      return decision.verdict === 'hold' ? [decision.hold.reason] : [];
    });
    expect(new Set(holds).size).toBeGreaterThan(4);
    expect(holds.filter(reason => !isReason(reason))).toEqual([]);
  });

  it('every decision leaves a trace that ends in its reason', () => {
    for (const [, situation, state] of table) {
      const decision = decideBuild(situation, state);
      if (decision.verdict === 'hold') expect(decision.trace.at(-1)?.found).toBe(decision.hold.message);
      if (decision.verdict === 'build') expect(decision.trace.map(line => line.found)).toContain(decision.because);
      expect(decision.trace.length).toBeGreaterThan(0);
    }
  });
});

describe('whether a Serving is made', () => {
  const base: ServingFacts = {
    inputHash: 'v1:x',
    recorded: { inputHash: 'v1:x' },
    everServed: true,
    serving: 'present',
    justBuilt: false,
    editedSinceAdoption: false,
  };
  const table: readonly [string, Partial<Facts>, Partial<ServingFacts>, string][] = [
    ['the first', {}, { recorded: undefined, everServed: false }, 'serve First'],
    ['nothing changed', {}, {}, 'nothing'],
    ['after a build, even with an equal digest', {}, { justBuilt: true }, 'serve Built'],
    ['blanked status', {}, { recorded: undefined }, 'serve Cleared'],
    ['an edit', {}, { inputHash: 'v1:y' }, 'serve SpecChanged'],
    ['adopted', {}, { recorded: { inputHash: undefined } }, 'nothing'],
    [
      'adopted, then edited',
      {},
      { recorded: { inputHash: undefined }, editedSinceAdoption: true },
      'serve SpecChanged',
    ],
    ['deleted by hand', {}, { serving: 'absent' }, 'serve ServingDeleted'],
    ['suspended', { suspended: true }, { inputHash: 'v1:y' }, 'hold SpecChanged'],
  ];
  it.each(table)('%s', (_, situation, state, expected) => {
    const decision = decideServing(facts(situation), { ...base, ...state });
    expect(decision.verdict === 'nothing' ? 'nothing' : `${decision.verdict} ${decision.cause}`).toBe(expected);
  });
});

describe('which digest of a watched function image is served', () => {
  const base = { baseline: undefined, servesUnpinned: false, gaveUpWaiting: false };
  const digest = 'sha256:1';
  const table: readonly [string, Partial<Facts>, object, string][] = [
    ['the first observation is served', { watch: seen(digest) }, {}, 'serve sha256:1'],
    ['without one it waits', { watch: unseen() }, {}, 'hold AwaitingFirstObservation'],
    ['and then serves as written', { watch: unseen(now - 30_000) }, {}, 'serve as written'],
    ['what serves already is adopted', { watch: seen(digest) }, { servesUnpinned: true }, 'adopt sha256:1'],
    [
      'unless it serves only because waiting took too long',
      { watch: seen(digest) },
      { servesUnpinned: true, gaveUpWaiting: true },
      'serve sha256:1',
    ],
    ['the same digest is kept', { watch: seen(digest) }, { baseline: digest }, 'keep'],
    ['another one is served', { watch: seen(digest) }, { baseline: 'sha256:0' }, 'serve sha256:1'],
    ['a missing tag keeps what serves', { watch: unseen() }, { baseline: 'sha256:0' }, 'keep'],
    [
      'a held Function keeps its digest',
      { watch: seen(digest), hold: 'freeze' },
      { baseline: 'sha256:0' },
      'hold Held',
    ],
    [
      'a digest left a minute ago must be seen twice',
      { watch: { ...seen(digest), left: [{ id: digest, at: now - 60_000 }] } },
      { baseline: 'sha256:0' },
      'hold ConfirmingRollback',
    ],
  ];
  it.each(table)('%s', (_, situation, state, expected) => {
    const decision = decideDigest(facts(situation), { ...base, ...state });
    const detail =
      decision.verdict === 'serve'
        ? (decision.digest ?? 'as written')
        : decision.verdict === 'adopt'
          ? decision.digest
          : decision.verdict === 'hold'
            ? decision.hold.reason
            : '';
    expect(`${decision.verdict} ${detail}`.trim()).toBe(expected);
  });
});
