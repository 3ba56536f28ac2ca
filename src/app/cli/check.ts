// `revflow check`: asks what Functions watch, once, and says what would happen. The work is in check-functions.ts.
import { type Flags, readClientConfig, UsageError } from '../config.ts';
import { clusterFlags, edgeFlags, filenameFlag, outputFlag } from './flags.ts';
import { addExamples, addFlags, type FlagText, type Verb } from './verb.ts';

const flags: readonly FlagText[] = [filenameFlag, outputFlag, ...clusterFlags, ...edgeFlags];

const notes = [
  'Nothing is written. A file needs no cluster: Secrets are taken from the same files; without its Secret a source is asked anonymously.',
  'Exit code: 3 when a Function can never work as it stands, 75 when a source could not be asked or has no such ref.',
];

export const check: Verb = {
  add: (program, act) => {
    const command = program
      .command('check')
      .argument('[NS/NAME...]', 'Functions of the cluster')
      .description('ask each source once: what is known, what is latest, and what would happen');
    addFlags(command, flags);
    addExamples(
      command,
      [
        ['revflow check -f function.yaml', 'before it is applied'],
        ['revflow check default/hello', 'with the credentials that it has in the cluster'],
        ['revflow check -f functions/ -o json', 'for programs'],
      ],
      notes,
    );
    command.action((names: readonly string[], given: Flags) => {
      act(async terminal => {
        const files = Array.isArray(given['filename']) ? (given['filename'] as readonly string[]) : [];
        if ((files.length === 0) === (names.length === 0)) {
          throw new UsageError('check takes either Functions of a cluster, as NS/NAME, or files with -f');
        }
        const { checkFunctions } = await import('./check-functions.ts');
        return checkFunctions({ files, names, config: readClientConfig(given, terminal.env) }, terminal);
      });
    });
  },
};
