// `revflow resume`: let a suspended Function go on. The work is in annotate.ts.
import { type Flags, readClientConfig } from '../config.ts';
import { clusterFlags, outputFlag } from './flags.ts';
import { addExamples, addFlags, type Verb } from './verb.ts';

export const resume: Verb = {
  add: (program, act) => {
    const command = program
      .command('resume')
      .argument('<NS/NAME>', 'the Function')
      .description('let a suspended Function go on');
    addFlags(command, [outputFlag, ...clusterFlags]);
    addExamples(command, [['revflow resume default/hello', '']], ['Takes openfunction.io/suspend away.']);
    command.action((name: string, given: Flags) => {
      act(async terminal => {
        const { steerFunction } = await import('./annotate.ts');
        return steerFunction({ verb: 'resume', name, config: readClientConfig(given, terminal.env) }, terminal);
      });
    });
  },
};
