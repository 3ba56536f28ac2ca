// `revflow crd`: the definitions of Function, Builder and Serving, for `kubectl apply --server-side -f -`.
import { addExamples, exitCodes, type Verb } from './verb.ts';

export const crd: Verb = {
  add: (program, act) => {
    const command = program.command('crd').description('print the definitions of Function, Builder and Serving');
    addExamples(command, [['revflow crd | kubectl apply --server-side -f -', 'into the cluster of kubectl']]);
    command.action(() => {
      act(async ({ out }) => {
        const { definitions } = await import('../../function/crd/definitions.ts');
        const { formatYaml } = await import('../../platform/yaml.ts');
        out.write(definitions.map(definition => formatYaml(definition)).join('---\n'));
        return exitCodes.done;
      });
    });
  },
};
