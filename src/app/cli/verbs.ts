// The verbs of the command line, in the order in which --help lists them.
import { crd } from './crd.ts';
import { run } from './run.ts';
import type { Verb } from './verb.ts';

export const verbs: readonly Verb[] = [run, crd];
