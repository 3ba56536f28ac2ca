// Why a Serving is made: the first one, a command, a finished build, an edit, or one deleted by hand.
import type { ServingCauseRule } from './rule.ts';

export const neverServed: ServingCauseRule = {
  name: 'first serving',
  cause: 'First',
  applies: (_, serving) => (serving.recorded || serving.everServed ? undefined : 'it was never served'),
};

export const built: ServingCauseRule = {
  name: 'build succeeded',
  cause: 'Built',
  applies: (_, serving) => (serving.justBuilt ? 'a build succeeded' : undefined),
};

export const servingCleared: ServingCauseRule = {
  name: 'serving cleared',
  cause: 'Cleared',
  applies: (_, serving) => (!serving.recorded && serving.everServed ? 'status.serving was blanked' : undefined),
};

export const servingChanged: ServingCauseRule = {
  name: 'serving change',
  cause: 'SpecChanged',
  applies(_, serving) {
    if (!serving.recorded) return undefined;
    if (serving.recorded.inputHash === undefined) {
      return serving.editedSinceAdoption
        ? 'the spec or the image is another than the one that another controller served'
        : undefined;
    }
    return serving.recorded.inputHash === serving.inputHash
      ? undefined
      : 'spec.serving, version, credentials or image changed';
  },
};

export const servingDeleted: ServingCauseRule = {
  name: 'Serving deleted',
  cause: 'ServingDeleted',
  applies: (_, serving) => (serving.recorded && serving.serving === 'absent' ? 'its Serving was deleted' : undefined),
};
