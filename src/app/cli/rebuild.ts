// `revflow rebuild`: build a Function once more, whatever changed. The work is in annotate.ts.
import { type Flags, readClientConfig } from '../config.ts';
import { clusterFlags, outputFlag } from './flags.ts';
import { addExamples, addFlags, type Verb } from './verb.ts';

export const rebuild: Verb = {
  add: (program, act) => {
    const command = program
      .command('rebuild')
      .argument('<NS/NAME>', 'the Function')
      .description('build a Function once more, whatever changed');
    addFlags(command, [outputFlag, ...clusterFlags]);
    addExamples(
      command,
      [['revflow rebuild default/hello', '']],
      ['Writes openfunction.io/rebuild-requested. A failed revision is tried again so.'],
    );
    command.action((name: string, given: Flags) => {
      act(async terminal => {
        const { steerFunction } = await import('./annotate.ts');
        return steerFunction({ verb: 'rebuild', name, config: readClientConfig(given, terminal.env) }, terminal);
      });
    });
  },
};
