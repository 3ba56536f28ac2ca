// How workers and the leader speak about slots when they are not one process.
import { expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { createMemoryQueue } from '../../platform/queue/memory.ts';
import { createMemoryState } from '../../platform/state/memory.ts';
import type { Claim } from './claim.ts';
import { SlotOffice } from './office.ts';

const claim = (name: string): Claim => ({
  namespace: 'n',
  name,
  uid: name,
  sequence: 1,
  builder: `builder-${name}`,
  share: { key: 'k', own: false },
});

const log = { error() {}, warn() {}, info() {}, debug() {} };

/** Processes with one state; `leader` is the first of them. Keys that were woken are handled by who leads. */
async function processes() {
  const clock = createManualClock();
  const state = createMemoryState({ clock });
  const queue = createMemoryQueue({ clock, log });
  const limits = { cluster: 50, namespace: Infinity };
  const office = () => new SlotOffice({ limits, state, queue, clock, log });
  const leader = office();
  await leader.open();
  /** What the worker is told once the leader has heard its claim. */
  const told = async (worker: SlotOffice, name: string, leads = leader) => {
    const first = await worker.take(claim(name));
    if (first !== 'wait') return first;
    await leads.handle(`slot/n/${name}`);
    // The telling is not waited for.
    await new Promise(resolve => setImmediate(resolve));
    return worker.take(claim(name));
  };
  return { state, office, leader, told };
}

it('tells a worker of another process that it may build, and others whose run they share', async () => {
  const { office, told } = await processes();
  const [one, two] = [office(), office()];
  expect(await told(one, 'a')).toBe('granted');
  expect(await told(two, 'b')).toEqual({ function: 'a', builder: 'builder-a' });
  expect(await two.take(claim('b'))).toEqual({ function: 'a', builder: 'builder-a' });
});

it('takes no grant of an earlier leader for one: its successor, which knows of none, may have given it to another', async () => {
  const { office, leader, told } = await processes();
  const worker = office();
  expect(await told(worker, 'a')).toBe('granted');
  leader.shut();
  const next = office();
  await next.open();
  expect(await told(worker, 'b', next)).toBe('granted');
  expect(await told(worker, 'a', next)).toEqual({ function: 'b', builder: 'builder-b' });
});

it('tells it again when the state was emptied', async () => {
  const { state, office, told } = await processes();
  const worker = office();
  expect(await told(worker, 'a')).toBe('granted');
  await state[Symbol.asyncDispose]();
  expect(await told(worker, 'a')).toBe('granted');
  expect(await told(worker, 'b')).toEqual({ function: 'a', builder: 'builder-a' });
});

it('asks again where a worker of an earlier release was answered', async () => {
  const { state, office } = await processes();
  await state.set('slot:a:1', 'granted', 60_000);
  expect(await office().take(claim('a'))).toBe('wait');
});
