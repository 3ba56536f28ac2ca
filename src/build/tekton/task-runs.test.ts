// What the TaskRun that failed tells of a PipelineRun's end.
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { RunResult } from '../backend.ts';
import { refine, taskRunNames } from './task-runs.ts';

const failed: RunResult = {
  phase: 'failed',
  state: 'Failed',
  reason: 'Failed',
  failure: 'build',
  message: 'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 0',
};
const taskRun = (status: string, reason: string, over: { message?: string; steps?: object[] } = {}): KubeObject => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'r-build', labels: { 'tekton.dev/pipelineTask': 'build' } },
  status: {
    conditions: [{ type: 'Succeeded', status, reason, message: over.message ?? 'said so' }],
    ...(over.steps === undefined ? {} : { steps: over.steps }),
  },
});

describe('a TaskRun that failed', () => {
  it.each([
    ['StepFailed', 'build'],
    ['StepOOM', 'config'],
    ['PodEvicted', 'transient'],
    ['SidecarOOM', 'config'],
    ['SidecarFailed', 'transient'],
    ['InitContainerOOM', 'config'],
    ['InitContainerFailed', 'transient'],
    ['Failed', 'build'],
    ['TaskRunTimeout', 'time'],
    ['TaskRunCancelled', 'user'],
    ['TaskRunImagePullFailed', 'transient'],
    ['CreateContainerConfigError', 'config'],
    ['PodCreationFailed', 'transient'],
    ['TaskRunResultLargerThanAllowedLimit', 'build'],
    ['TaskRunResolutionFailed', 'config'],
    ['TaskRunValidationFailed', 'config'],
    ['TaskValidationFailed', 'config'],
    ['SomethingNewer', 'build'],
  ])('for %s is up to: %s', (reason, failure) => {
    const result = refine(failed, [taskRun('True', 'Succeeded'), taskRun('False', reason)]);
    const state = failure === 'time' ? 'Timeout' : 'Failed';
    const message = 'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 0: build: said so';
    expect(result).toEqual({ ...failed, state, reason, failure, message });
  });

  it.each([
    'The node was low on resource: ephemeral-storage.',
    'Pod was terminated in response to imminent node shutdown.',
    'pod status "Ready":"False"; NodeLost',
    'TaintManagerEviction: deleting pod',
    'Pod default/r-build-pod was deleted',
    'the step "build" in TaskRun "r-build" failed to pull the image "x". The pod errored with the message: "ErrImagePull"',
  ])('with the message %j passes, whatever the reason', message => {
    expect(refine(failed, [taskRun('False', 'Failed', { message })])).toMatchObject({ failure: 'transient' });
  });

  it('whose step had too little memory would have as little again', () => {
    const steps = [{ name: 'build', terminated: { exitCode: 137, reason: 'OOMKilled' } }];
    expect(refine(failed, [taskRun('False', 'Failed', { steps })])).toMatchObject({ failure: 'config' });
    const newer = [{ name: 'build', terminationReason: 'OOMKilled' }];
    expect(refine(failed, [taskRun('False', 'StepFailed', { steps: newer })])).toMatchObject({ failure: 'config' });
  });

  it('counts before those that were cancelled for it', () => {
    const runs = [taskRun('False', 'TaskRunCancelled'), taskRun('False', 'PodEvicted')];
    expect(refine(failed, runs)).toMatchObject({ reason: 'PodEvicted', failure: 'transient' });
  });

  it('says nothing where none is there, or none failed', () => {
    expect(refine(failed, [])).toBe(failed);
    expect(refine(failed, [taskRun('True', 'Succeeded'), { ...taskRun('', ''), status: 'nonsense' }])).toBe(failed);
    expect(refine({ phase: 'running' }, [taskRun('False', 'Failed')])).toEqual({ phase: 'running' });
  });

  it('is read by its name, where the PipelineRun says no more than that one failed', () => {
    const childReferences = [
      { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'r-fetch', pipelineTaskName: 'fetch' },
      { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', name: 'r-other', pipelineTaskName: 'other' },
      { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'r-build', pipelineTaskName: 'build' },
    ];
    const run = { ...taskRun('False', 'Failed'), status: { childReferences } };
    expect(taskRunNames(run, failed)).toEqual(['r-fetch', 'r-build']);
    expect(taskRunNames(run, { ...failed, reason: 'PipelineRunTimeout' })).toEqual([]);
    expect(taskRunNames(run, { phase: 'running' })).toEqual([]);
    expect(taskRunNames({ ...run, status: {} }, failed)).toEqual([]);
  });
});
