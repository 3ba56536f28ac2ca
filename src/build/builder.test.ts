// What the result of a run becomes for its Builder, where an engine says what nobody can use.
import { expect, it } from 'vitest';
import type { RunResult } from './backend.ts';
import { endOf } from './builder.ts';

const begun = { apiVersion: 'v1', kind: 'Builder', metadata: { name: 'b', creationTimestamp: '2026-01-01T00:00:00Z' } };
const end = (result: RunResult) => endOf(result, begun, Date.parse('2026-01-01T00:01:00Z'));

it('takes a digest as it is, and what is none for one that was not told', () => {
  const succeeded = (digest: string) => end({ phase: 'succeeded', output: { digest }, sources: [] });
  const good = `sha256:${'0'.repeat(64)}`;
  expect(succeeded(good)).toMatchObject({ state: 'Succeeded', output: { digest: good } });
  for (const digest of [
    '',
    'latest',
    'no digest',
    `${good}\n`,
    `${good} ${good}`,
    '$(x):y',
    `sha256:${'0'.repeat(9000)}`,
  ]) {
    expect(succeeded(digest)).toMatchObject({ state: 'Succeeded' });
    expect(succeeded(digest)).not.toHaveProperty('output');
  }
});

it('keeps of a message and of a reason as much as can be stored', () => {
  const long = 'x'.repeat(1_400_000);
  const failed = end({ phase: 'failed', state: 'Failed', reason: long, failure: 'build', message: long });
  expect(failed?.message).toHaveLength(32_768);
  expect(failed?.reason).toHaveLength(1024);
  const short = end({ phase: 'failed', state: 'Failed', reason: 'StepFailed', failure: 'build', message: 'exit 1' });
  expect(short).toMatchObject({ reason: 'StepFailed', message: 'exit 1' });
});
