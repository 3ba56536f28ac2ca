// No engine may start what this build asks for, such as hooks that it would leave out: nothing is built rather than half of it.
import type { BuildGate } from './rule.ts';

export const refused: BuildGate = {
  name: 'engine takes it',
  judge: (_, build) => build.refused,
};
