// `npm run test:golden [-- DIR]`: replays recorded cases, those of ../shared/goldens/functions or all below DIR (or DIR itself).
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findCases, goldensFolder, readCase } from '../test/golden/cases.ts';
import { countsText, runTests } from './counted-tests.ts';

const [given, ...more] = process.argv.slice(2);
if (more.length > 0) {
  console.error('test:golden takes one folder');
  process.exit(2);
}
if (given === undefined && !existsSync(goldensFolder)) {
  console.log('skipped: ../shared/goldens/functions is not there; name a folder of recorded cases');
  process.exit(0);
}

try {
  for (const folder of findCases(given ?? goldensFolder)) readCase(folder);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2);
}

const env = given === undefined ? {} : { REVFLOW_GOLDENS: resolve(given) };
const counts = runTests(['test/golden/replay.test.ts'], { env });
console.log(countsText(counts));
process.exitCode = counts.ok ? 0 : 1;
