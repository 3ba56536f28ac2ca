import { expect, it } from 'vitest';
import { TerminalError } from '../../platform/errors.ts';
import { failureOf } from './failure.ts';

const refused = new TerminalError('Unauthorized', 'h.example refuses the credential');

it('a failure says why, and how the log ends', () => {
  const { message, details } = failureOf(refused, undefined, ['1', '2', '3', '4', '5', 'fatal: no']);
  expect(message).toBe('h.example refuses the credential; the log ends: 2 | 3 | 4 | 5 | fatal: no');
  expect(details).toEqual({ reason: 'Unauthorized', message: 'h.example refuses the credential' });
});

it('a log of long lines loses its beginning and never its end', () => {
  const { message } = failureOf(refused, undefined, [...Array(5).fill('x'.repeat(5_000)), 'the very end']);
  expect(message).toMatch(/; the log ends: \.\.\.x.* \| the very end$/);
  expect(message.length).toBeLessThan(1_000);
});

it('a fault of ours is called one, and shows nothing of itself', () => {
  const { message, details } = failureOf(new TypeError('hidden-one'), undefined, []);
  expect(message).toBe('a fault in the local runner; its log has more');
  expect(details?.reason).toBe('InternalError');
});
