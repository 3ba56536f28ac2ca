// `revflow suspend`: start nothing new for a Function; what runs and what serves stays. The work is in annotate.ts.
import { type Flags, readClientConfig } from '../config.ts';
import { clusterFlags, outputFlag } from './flags.ts';
import { addExamples, addFlags, type Verb } from './verb.ts';

export const suspend: Verb = {
  add: (program, act) => {
    const command = program
      .command('suspend')
      .argument('<NS/NAME>', 'the Function')
      .description('start nothing new for a Function; what runs and what serves stays');
    addFlags(command, [outputFlag, ...clusterFlags]);
    addExamples(
      command,
      [['revflow suspend default/hello', '']],
      ['Writes openfunction.io/suspend: "true". What is pushed meanwhile is built when it is resumed.'],
    );
    command.action((name: string, given: Flags) => {
      act(async terminal => {
        const { steerFunction } = await import('./annotate.ts');
        return steerFunction({ verb: 'suspend', name, config: readClientConfig(given, terminal.env) }, terminal);
      });
    });
  },
};
