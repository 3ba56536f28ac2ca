// The verbs of the command line, in the order in which --help lists them.
import { check } from './check.ts';
import { crd } from './crd.ts';
import { demo } from './demo.ts';
import { explain } from './explain.ts';
import { exportVerb } from './export.ts';
import { logs } from './logs.ts';
import { rebuild } from './rebuild.ts';
import { render } from './render.ts';
import { resume } from './resume.ts';
import { run } from './run.ts';
import { start } from './start.ts';
import { suspend } from './suspend.ts';
import type { Verb } from './verb.ts';

export const verbs: readonly Verb[] = [
  start,
  demo,
  run,
  check,
  render,
  exportVerb,
  explain,
  logs,
  rebuild,
  suspend,
  resume,
  crd,
];
