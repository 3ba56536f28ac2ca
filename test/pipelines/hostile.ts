// What users may write into values, and a look at whether any of it was run.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { Pod } from './run-step.ts';

/** What a shell would do something with, where it could. */
export const hostile = {
  QUOTES: `it's "quoted"`,
  COMMAND: '$(touch "$POD/pwned") `touch "$POD/pwned"`',
  SEPARATORS: '; touch "$POD/pwned" & | > < # \\',
  LINES: 'one\ntwo\n\nfour\n',
  EQUALS: 'A=B=C#D=E',
  SPACES: '  two  spaces  *  ~ ',
  EMPTY: '',
  LONG: 'x'.repeat(10_000),
  UNICODE: 'déjà vu 你好 🚀',
  FLAG: '--registries-insecure',
};

/** A pod with a source in it. */
export async function openPod(): Promise<Pod> {
  const pod = await Pod.open();
  await mkdir(pod.path('source'));
  await writeFile(pod.path('source/Dockerfile'), 'FROM scratch\n');
  return pod;
}

/** Closes it; throws where something that `hostile` says was run. */
export async function closePod(pod: Pod): Promise<void> {
  const wasRun = ['pwned', 'work/pwned', 'source/pwned'].some(file => existsSync(pod.path(file)));
  await pod[Symbol.asyncDispose]();
  if (wasRun) throw new Error('a script has run what a user wrote');
}
