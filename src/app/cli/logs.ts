// `revflow logs`: the log of the newest run of a Function. The work is in run-logs.ts.
import { type Flags, readClientConfig } from '../config.ts';
import { clusterFlags } from './flags.ts';
import { addExamples, addFlags, type Verb } from './verb.ts';

export const logs: Verb = {
  add: (program, act) => {
    const command = program
      .command('logs')
      .argument('<NS/NAME>', 'the Function')
      .description('print the log of the newest run of a Function');
    addFlags(command, [['-f, --follow', 'go on until the run has ended'], ...clusterFlags]);
    addExamples(
      command,
      [
        ['revflow logs default/hello', ''],
        ['revflow logs -f default/hello', 'as it is written'],
        ['sh -c "$(revflow logs default/hello)"', 'in a cluster, where kubectl has the log'],
      ],
      [
        'A local control plane keeps logs as files. In a cluster they are those of a pod: the kubectl command that shows them is printed.',
      ],
    );
    command.action((name: string, given: Flags) => {
      act(async terminal => {
        const { showLog } = await import('./run-logs.ts');
        const follow = given['follow'] === true;
        return showLog({ name, follow, config: readClientConfig(given, terminal.env) }, terminal);
      });
    });
  },
};
