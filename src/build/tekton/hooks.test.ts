// Which hook a failed run ended with, and whom that is up to.
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { readPipelineRun } from './result.ts';
import { refine } from './task-runs.ts';

const hub = {
  resolver: 'hub',
  params: [
    { name: 'catalog', value: 'c' },
    { name: 'name', value: 'cosign' },
  ],
};
const git = { resolver: 'git', params: [{ name: 'pathInRepo', value: 'tasks/scan.yaml' }] };
const tasks = [
  { name: 'fetch', taskSpec: {} },
  { name: 'before-1', taskRef: { name: 'unit' } },
  { name: 'build', taskSpec: {} },
  { name: 'after-1', taskRef: hub },
  { name: 'after-2', taskRef: git },
];

/** A run that ended so after its first tasks were begun, the last one first in the list. */
function run(begun: number, reason = 'Failed', over: object = {}): KubeObject {
  const childReferences = tasks
    .slice(0, begun)
    .map(({ name }) => ({ kind: 'TaskRun', name: `r-${name}`, pipelineTaskName: name }))
    .toReversed();
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'r' },
    spec: { pipelineSpec: { tasks } },
    status: {
      conditions: [{ type: 'Succeeded', status: 'False', reason, message: 'said so' }],
      childReferences,
      ...over,
    },
  };
}
const taskRun = (task: string, reason: string): KubeObject => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: `r-${task}`, labels: { 'tekton.dev/pipelineTask': task } },
  status: { conditions: [{ type: 'Succeeded', status: 'False', reason, message: 'two findings' }] },
});

describe('a failed run with hooks', () => {
  it.each([
    [2, 'policy', 'the hook before[0] (Task unit) failed: said so'],
    [4, 'policy', 'the hook after[0] (Task cosign of hub) failed: said so'],
    [5, 'policy', 'the hook after[1] (Task tasks/scan.yaml of git) failed: said so'],
    [1, 'build', 'said so'],
    [3, 'build', 'said so'],
    [0, 'build', 'said so'],
  ])('that began %i tasks is up to: %s', (begun, failure, message) => {
    expect(readPipelineRun(run(begun))).toMatchObject({ phase: 'failed', state: 'Failed', failure, message });
  });

  it.each([
    ['Cancelled', 'user'],
    ['PipelineRunTimeout', 'time'],
    ['CouldntGetTask', 'config'],
    ['CreateRunFailed', 'transient'],
  ])('that ended for %s is up to %s, whichever task was the last', (reason, failure) => {
    expect(readPipelineRun(run(5, reason))).toMatchObject({ failure, message: 'said so' });
  });

  it('that tells of no tasks is the build’s', () => {
    expect(readPipelineRun(run(5, 'Failed', { childReferences: undefined }))).toMatchObject({ failure: 'build' });
  });

  it.each([
    ['StepFailed', 'policy'],
    ['PodEvicted', 'transient'],
    ['TaskRunValidationFailed', 'config'],
  ])('whose hook ended for %s is up to %s, and keeps the name of the hook', (reason, failure) => {
    const refined = refine(readPipelineRun(run(4)), [taskRun('after-1', reason)]);
    const message = expect.stringMatching(/^the hook after\[0\] \(Task cosign of hub\) failed: .*two findings$/);
    expect(refined).toMatchObject({ reason, failure, message });
  });
});
