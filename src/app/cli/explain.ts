// `revflow explain`: why a Function was built or served, or was not. The work is in explain-function.ts.
import { type Flags, readClientConfig } from '../config.ts';
import { clusterFlags, outputFlag } from './flags.ts';
import { addExamples, addFlags, type FlagText, type Verb } from './verb.ts';

const flags: readonly FlagText[] = [
  outputFlag,
  ...clusterFlags,
  ['--redis <URL>', "revflow's own, for the last answers and the budget (default: what the Function's status says)"],
];

const notes = [
  'The decisions are those that the next reconcile would make, with each rule that was asked. Nothing is written, no source is asked',
  '(revflow check does), and no Secret is read.',
];

export const explain: Verb = {
  add: (program, act) => {
    const command = program
      .command('explain')
      .argument('<NS/NAME>', 'the Function')
      .description('say why a Function is built or served, or is not, and what comes next');
    addFlags(command, flags);
    addExamples(
      command,
      [
        ['revflow explain default/hello', ''],
        ['revflow explain hello -n default -o yaml', 'for programs'],
        ['revflow explain default/hello --redis redis://localhost:6379', 'with the last answers of the workers'],
      ],
      notes,
    );
    command.action((name: string, given: Flags) => {
      act(async terminal => {
        const { explainByName } = await import('./explain-function.ts');
        return explainByName(name, readClientConfig(given, terminal.env), terminal);
      });
    });
  },
};
