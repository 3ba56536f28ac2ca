// What revflow may write into the status of a Function that it takes over, and which recorded states are not at rest.
import type { KubeObject } from '../../src/platform/kube/kube.ts';

/** Status fields that OpenFunction does not have; nothing else may change, each with what it is for. */
export const ownFields: Readonly<Record<string, string>> = {
  conditions: 'OpenFunction says nothing of what it thinks',
  observedGeneration: 'the edit that was looked at last: what comes after it is built',
  watch: 'what is watched and what was seen, which OpenFunction keeps in memory',
};

/** Recorded states in which something is still to be done, which OpenFunction never did, each with what it is. */
export const commands: Readonly<Record<string, string>> = {
  'cases/crash-serving-removed-after-failed-build':
    'spec.serving was removed and OpenFunction ended on it: the edit is carried out, the Serving goes',
  'cases/life-delete-running-builder':
    'its BuildRun was deleted by hand and OpenFunction waits for it for ever: it is built again',
};

/** Functions that OpenFunction took and that are refused here: their status says so, and an Event. */
export const refused: Readonly<Record<string, string>> = {
  'cases/outputs-without-dapr':
    'an output without anything in it, which OpenFunction could not read in its other version',
};

/** A Function without what revflow alone writes. */
export function withoutOwn(fn: KubeObject): object {
  const { status, metadata, ...rest } = fn;
  const left = Object.entries(Object(status)).filter(([field]) => !(field in ownFields));
  const { name, namespace, uid, generation, labels, annotations } = metadata;
  return {
    ...rest,
    metadata: { name, namespace, uid, generation, labels, annotations },
    status: Object.fromEntries(left),
  };
}
