// What the names of steps tell.
import { describe, expect, it } from 'vitest';
import { deedOf } from './deed.ts';

const edit = (path: string) => ({ kind: 'edit', path: path.split('.') });

describe('the name of a step', () => {
  it.each([
    ['edit spec.build.env: building again', edit('spec.build.env')],
    ['edit srcRepo.revision', edit('spec.build.srcRepo.revision')],
    ['edit imageCredentials', edit('spec.imageCredentials')],
    ['edit scaleOptions.maxReplicas: starting', edit('spec.serving.scaleOptions.maxReplicas')],
    ['edit srcRepo.revision from dev to empty string', { ...edit('spec.build.srcRepo.revision'), from: 'dev', to: '' }],
    ['edit again before it runs: starting', { kind: 'edit' }],
    ['edit, the new Serving fails', { kind: 'edit' }],
    ['workloadRuntime back to OCIContainer', { ...edit('spec.workloadRuntime'), to: 'OCIContainer' }],
    ['add spec.build: building', { kind: 'add', path: ['spec', 'build'] }],
    ['delete spec.serving', { kind: 'remove', path: ['spec', 'serving'] }],
    ['delete the failed Builder', { kind: 'delete', what: 'Builder' }],
    ['delete the BuildRun', { kind: 'delete', what: 'BuildRun' }],
    ['delete the HTTPRoute', { kind: 'elsewhere' }],
    ['edit the HTTPRoute', { kind: 'elsewhere' }],
    ['status.sources written', { kind: 'write', members: ['sources'], blanks: [] }],
    [
      'serving.state and resourceHash blanked, revision written: starting',
      { kind: 'write', members: ['revision'], blanks: ['state', 'resourceHash'] },
    ],
    ['timeout passed', { kind: 'wait', field: 'timeout' }],
    ['build 3 failed', { kind: 'look' }],
    ['route-accepted, then any event of the Function', { kind: 'look' }],
  ])('%s', (name, deed) => {
    expect(deedOf(name)).toEqual(deed);
  });

  it('that nobody knows is refused', () => {
    expect(() => deedOf('dance')).toThrow('the step "dance" is not one that can be repeated');
  });
});
