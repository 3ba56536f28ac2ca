// `npm run bench:adopt`: what it costs to take over Functions that OpenFunction left, with `revflow run` and the API server as processes.
// Prints one line of JSON and one verdict a number; progress goes to stderr. Exit code 1 where a number is missed.
import { type Adoption, measureAdoption } from './adopt-measure.ts';
import { atMost, isMet, type Verdict, verdictText } from './figures.ts';
import { functionsFlag } from './functions-flag.ts';
import { progress } from './world.ts';

function verdictsOf(adoption: Adoption): readonly Verdict[] {
  const { first, second, functions } = adoption;
  return [
    atMost('creates, Events included', first.creates + second.creates, [0, 'writes']),
    atMost('deletes', first.deletes + second.deletes, [0, 'writes']),
    atMost('writes of anything but Functions', first.other_writes + second.other_writes, [0, 'writes']),
    atMost('Functions changed in a field that OpenFunction has', adoption.changed_functions, [0, 'Functions']),
    atMost('other objects changed', adoption.changed_others, [0, 'objects']),
    atMost('status writes a Function at the first start', first.status_writes / functions, [1, 'writes']),
    atMost('status writes at the second start', second.status_writes, [0, 'writes']),
    atMost('first start: ready after', first.ready_s, [15, 's']),
    atMost('second start: ready after', second.ready_s, [15, 's']),
  ];
}

const adoption = await measureAdoption(functionsFlag(10_000), progress);
console.log(JSON.stringify(adoption));
const verdicts = verdictsOf(adoption);
for (const verdict of verdicts) console.log(verdictText(verdict));
process.exitCode = verdicts.every(isMet) ? 0 : 1;
