// `revflow crd`: the definitions of Function, Builder and Serving, for `kubectl apply --server-side -f -`.
import { definitions } from '../../function/crd/definitions.ts';
import { formatYaml } from '../../platform/yaml.ts';
import { exitCodes, type Verb } from './verb.ts';

export const crd: Verb = {
  add: (program, act) => {
    program
      .command('crd')
      .description('print the definitions of Function, Builder and Serving')
      .addHelpText('after', '\n  revflow crd | kubectl apply --server-side -f -')
      .action(() => {
        act(async ({ out }) => {
          out.write(definitions.map(definition => formatYaml(definition)).join('---\n'));
          return exitCodes.done;
        });
      });
  },
};
