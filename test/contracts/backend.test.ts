// Every build backend under the contract of build backends.
import { expect, it } from 'vitest';
import { backends } from '../../src/build/backends.ts';
import { shipwright, shipwrightV1alpha1 } from '../../src/build/shipwright/backend.ts';
import { tekton } from '../../src/build/tekton/backend.ts';
import { type BackendHarness, backendContract } from './backend.ts';

const completionTime = '2026-01-01T00:01:00Z';
const condition = (status: string, reason: string) => ({
  conditions: [{ type: 'Succeeded', status, reason, message: 'said so', lastTransitionTime: completionTime }],
});

const harnesses: readonly BackendHarness[] = [
  {
    backend: shipwright,
    running: condition('Unknown', 'Running'),
    succeeded: ({ digest, commit }) => ({
      ...condition('True', 'Succeeded'),
      completionTime,
      output: { digest, size: 1000 },
      source: { git: { commitSha: commit, commitAuthor: 'A. Author' } },
    }),
    failed: { ...condition('False', 'Failed'), completionTime },
    timedOut: { ...condition('False', 'BuildRunTimeout'), completionTime },
    cancelled: { ...condition('False', 'BuildRunCanceled'), completionTime },
    misconfigured: { ...condition('False', 'BuildStrategyNotFound'), completionTime },
  },
  {
    backend: shipwrightV1alpha1,
    running: condition('Unknown', 'Running'),
    succeeded: ({ digest, commit }) => ({
      ...condition('True', 'Succeeded'),
      completionTime,
      latestTaskRunRef: 'r',
      output: { digest, size: 1000 },
      sources: [{ name: 'default', git: { commitSha: commit, commitAuthor: 'A. Author' } }],
    }),
    failed: { ...condition('False', 'Failed'), completionTime },
    timedOut: { ...condition('False', 'BuildRunTimeout'), completionTime },
    cancelled: { ...condition('False', 'BuildRunCanceled'), completionTime },
    misconfigured: { ...condition('False', 'BuildStrategyNotFound'), completionTime },
  },
  {
    backend: tekton,
    running: condition('Unknown', 'Running'),
    succeeded: ({ digest, commit }) => ({
      ...condition('True', 'Succeeded'),
      completionTime,
      results: [
        { name: 'CHAINS-GIT_URL', value: 'https://git.example/f.git' },
        { name: 'CHAINS-GIT_COMMIT', value: commit },
        { name: 'commit-author', value: 'A. Author' },
        { name: 'IMAGE_URL', value: 'reg.example/f:v1' },
        { name: 'IMAGE_DIGEST', value: digest },
        { name: 'image-size', value: '1000' },
      ],
    }),
    failed: { ...condition('False', 'Failed'), completionTime },
    timedOut: { ...condition('False', 'PipelineRunTimeout'), completionTime },
    cancelled: { ...condition('False', 'Cancelled'), completionTime },
    misconfigured: { ...condition('False', 'CouldntGetTask'), completionTime },
  },
];

for (const harness of harnesses)
  backendContract(`${harness.backend.engine} (${harness.backend.run.apiVersion})`, harness);

it('every backend of the list is under the contract', () => {
  expect(harnesses.map(harness => harness.backend)).toEqual(backends);
});
