// The provider contract, third part: what is made of a host that is ill, slow, or no such host at all.
import { expect } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import type { Fault } from '../servers/fault-proxy.ts';
import { reasonOf, retryAtOf, type Side, type Trial } from './provider-harness.ts';

type Case = (trial: Trial) => Promise<void>;

/** A repository with one head, and a wire that does the same to every request. */
async function faulty(trial: Trial, fault: Fault): Promise<Side> {
  const side = await trial.harness.side();
  await side.push('main');
  // What must be learned once of a host is known by now.
  await trial.ask(side, ['main']);
  breakWire(trial, () => fault);
  return side;
}

function breakWire(trial: Trial, fault: (index: number) => Fault | undefined): void {
  const { wire } = trial.harness;
  if (!wire) throw new Error('this case needs a wire');
  wire.reset();
  wire.fault = ({ index }) => fault(index);
}

const html = '<!DOCTYPE html><html><body>Sign in</body></html>';

export const faultCases = {
  'waits as long as a 429 says': async trial => {
    const side = await faulty(trial, { answer: { status: 429, headers: { 'retry-after': '600' } } });
    const asked = systemClock.now();
    expect(await reasonOf(trial.ask(side, ['main']))).toBe('RateLimited');
    const at = await retryAtOf(trial.ask(side, ['main']));
    expect(at).toBeGreaterThanOrEqual(asked + 590_000);
    expect(at).toBeLessThan(asked + 700_000);
  },
  'knows a 429 that says nothing': async trial => {
    const side = await faulty(trial, { answer: { status: 429 } });
    expect(await reasonOf(trial.ask(side, ['main']))).toBe('RateLimited');
    expect(trial.harness.wire?.requests).toHaveLength(1);
  },
  'asks an ill host once, and sees the head when it is well': async trial => {
    const side = await trial.harness.side();
    const id = await side.push('main');
    await trial.ask(side, ['main']);
    for (const status of [500, 502, 503]) {
      breakWire(trial, () => ({ answer: { status, body: html } }));
      expect(await reasonOf(trial.ask(side, ['main']))).toBe('ServerError');
      expect(trial.harness.wire?.requests).toHaveLength(1);
      trial.harness.wire?.reset();
      expect(await trial.id(side, 'main')).toBe(id);
    }
  },
  'gives nothing when only a part could be asked': async trial => {
    const side = await trial.harness.side();
    const one = await side.push('one');
    const two = await side.push('two');
    breakWire(trial, index => (index === 2 ? { answer: { status: 500 } } : undefined));
    const heads = await trial.ask(side, ['one', 'two']).catch(() => undefined);
    // One question may have been enough.
    expect([undefined, [one, two].join()]).toContain(
      heads &&
        Object.values(heads)
          .map(head => head.kind === 'found' && head.id)
          .join(),
    );
    expect(heads === undefined).toBe((trial.harness.wire?.requests.length ?? 0) > 1);
  },
  'refuses HTML': async trial => {
    const side = await faulty(trial, { answer: { status: 200, headers: { 'content-type': 'text/html' }, body: html } });
    expect(await reasonOf(trial.ask(side, ['main']))).toBe('UnexpectedAnswer');
  },
  'refuses nonsense of the right type': async trial => {
    const { nonsense } = trial.harness;
    const side = await faulty(trial, { answer: { status: 200, ...nonsense } });
    expect(await reasonOf(trial.ask(side, ['main']))).toBe('UnexpectedAnswer');
    if (nonsense.body !== '') trial.expectNoSecret([nonsense.body]);
  },
  'refuses an answer without an end': async trial => {
    const side = await faulty(trial, { rewrite: body => body.slice(0, Math.floor(body.length / 2)) });
    expect(await reasonOf(trial.ask(side, ['main']))).toBe('UnexpectedAnswer');
  },
  'refuses an answer that is cut off': async trial => {
    const side = await faulty(trial, { cut: 'midway' });
    expect(['NetworkError', 'UnexpectedAnswer']).toContain(await reasonOf(trial.ask(side, ['main'])));
  },
  'refuses an answer that is too large': async trial => {
    const { nonsense, tooManyBytes = 5 * 1024 * 1024 } = trial.harness;
    const answer = { status: 200, headers: nonsense.headers, body: 'x'.repeat(tooManyBytes) };
    const side = await faulty(trial, { answer });
    expect(await reasonOf(trial.ask(side, ['main']))).toBe('AnswerTooLarge');
  },
  'gives up on a host that never answers': async trial => {
    const side = await faulty(trial, { drop: true });
    trial.timeoutMs = 200;
    expect(await reasonOf(trial.ask(side, ['main']))).toBe('Timeout');
  },
  'gives up on a host that drips': async trial => {
    const side = await faulty(trial, { drip: true });
    trial.timeoutMs = 200;
    expect(await reasonOf(trial.ask(side, ['main']))).toBe('Timeout');
  },
  'gives up on a host that cuts connections': async trial => {
    const side = await faulty(trial, { cut: 'before' });
    expect(await reasonOf(trial.ask(side, ['main']))).toBe('NetworkError');
  },
  'gives up when it is told to': async trial => {
    const side = await faulty(trial, { drop: true });
    const controller = new AbortController();
    breakWire(trial, () => {
      controller.abort();
      return { drop: true };
    });
    expect(await reasonOf(trial.ask(side, ['main'], { signal: controller.signal }))).toBe('Aborted');
  },
} satisfies Record<string, Case>;
