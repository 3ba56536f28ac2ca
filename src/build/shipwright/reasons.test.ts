// Every reason of a BuildRun and what becomes of the build.
import { describe, expect, it } from 'vitest';
import { shipwright } from './backend.ts';

const completionTime = '2026-01-01T00:01:00Z';
const resultOf = (status: string, reason: string, more: object = {}) => {
  const condition = { type: 'Succeeded', status, reason, message: 'said so', lastTransitionTime: completionTime };
  const ended = status === 'Unknown' ? {} : { completionTime };
  const metadata = { name: 'r', namespace: 'n' };
  return shipwright.result({
    apiVersion: 'shipwright.io/v1beta1',
    kind: 'BuildRun',
    metadata,
    status: { conditions: [condition], ...ended, ...more },
  });
};

const config =
  'BuildRegistrationFailed BuildNotFound UnknownStrategyKind ClusterBuildStrategyNotFound BuildStrategyNotFound ServiceAccountNotFound ' +
  'MissingParameterValues RestrictedParametersInUse UndefinedParameter WrongParameterValueType InconsistentParameterValues ' +
  'EmptyArrayItemParameterValues IncompleteConfigMapValueParameterValues IncompleteSecretValueParameterValues BuildRunNameInvalid ' +
  'BuildRunNoRefOrSpec BuildRunAmbiguousBuild BuildRunBuildFieldOverrideForbidden UndefinedStepResource InvalidPlatform ' +
  'NodeSelectorPlatformConflict ExecutorNotPipelineRun NodePlatformNotFound TaskRunGenerationFailed PipelineRunGenerationFailed ' +
  'SetOwnerReferenceFailed TaskRunIsMissing VolumeDoesNotExist';

describe('the end of a BuildRun', () => {
  it.each(['Pending', 'Running', 'Started', 'BuildRunCanceled'])('%s, as long as it is unknown, is none', reason => {
    expect(resultOf('Unknown', reason)).toEqual({ phase: 'running' });
  });

  it('Succeeded is a good one, though a cancel came', () => {
    expect(resultOf('True', 'Succeeded')).toMatchObject({ phase: 'succeeded' });
  });

  it.each([
    ['BuildRunCanceled', 'Canceled', 'user'],
    ['BuildRunTimeout', 'Timeout', 'time'],
    ['PodEvicted', 'Failed', 'transient'],
    ['StepOutOfMemory', 'Failed', 'config'],
    ['VulnerabilitiesFound', 'Failed', 'policy'],
    ['Failed', 'Failed', 'build'],
    ['PipelineRunFailed', 'Failed', 'build'],
    ['SomethingNewer', 'Failed', 'build'],
    ...config.split(' ').map(reason => [reason, 'Failed', 'config']),
  ])('%s makes the Builder %s, and is up to: %s', (reason, state, failure) => {
    const expected = { phase: 'failed', state, reason, failure, message: 'said so', completedAt: completionTime };
    expect(resultOf('False', reason)).toEqual(expected);
  });

  it.each([
    ['GitAuthInvalidUserOrPass', 'build'],
    ['GitAuthInvalidKey', 'build'],
    ['GitRevisionNotFound', 'build'],
    ['GitRemoteRepositoryNotFound', 'build'],
    ['GitRemoteRepositoryPrivate', 'build'],
    ['GitBasicAuthIncomplete', 'build'],
    ['GitSSHAuthUnexpected', 'build'],
    ['GitSSHAuthExpected', 'build'],
    ['GitError', 'transient'],
  ])('while fetching, %s, is told with its own words, and is up to: %s', (reason, failure) => {
    const failureDetails = { reason, message: 'words of Git', location: { pod: 'p', container: 'c' } };
    expect(resultOf('False', 'Failed', { failureDetails })).toMatchObject({
      failure,
      message: `said so: ${reason}: words of Git`,
    });
  });
});
