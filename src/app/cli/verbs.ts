// The verbs of the command line, in the order in which --help lists them.
import { check } from './check.ts';
import { crd } from './crd.ts';
import { demo } from './demo.ts';
import { run } from './run.ts';
import { start } from './start.ts';
import type { Verb } from './verb.ts';

export const verbs: readonly Verb[] = [start, demo, run, check, crd];
