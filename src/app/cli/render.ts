// `revflow render`: the objects that a change would create, without a cluster. The work is in render-functions.ts.
import { type Flags, readClientConfig, UsageError } from '../config.ts';
import { filenameFlag, readTarget, targetFlag } from './flags.ts';
import { addExamples, addFlags, type FlagText, type Verb } from './verb.ts';

const flags: readonly FlagText[] = [
  filenameFlag,
  ['--revision <ID>', 'the commit or digest that arrived (default: the sources as they are written)'],
  targetFlag,
  ['-n, --namespace <NAME>', 'namespace of Functions without one (default: default)'],
  ['-o, --output <FORMAT>', 'yaml or json (default: yaml)'],
];

const notes = [
  'With --revision: what is created when that id is seen. Without: what the first reconcile creates.',
  'No host and no cluster is asked, and the same files give the same text. A Function that was never saved has no UID: the names of its',
  'objects are made from its namespace and name instead. What the strategy of a build would refuse is refused; strategies in the files go',
  'before those that revflow brings.',
];

export const render: Verb = {
  add: (program, act) => {
    const command = program
      .command('render')
      .description('print the Builder, Build, BuildRun and Serving that a change would create');
    addFlags(command, flags);
    addExamples(
      command,
      [
        ['revflow render -f function.yaml', 'all that its first build creates'],
        ['revflow render -f function.yaml --revision "$(git rev-parse HEAD)"', 'pinned to this commit'],
        ['cat function.yaml | revflow render -f - -o json', 'for programs, as one List'],
      ],
      notes,
    );
    command.action((given: Flags) => {
      act(async terminal => {
        const files = Array.isArray(given['filename']) ? (given['filename'] as readonly string[]) : [];
        if (files.length === 0) throw new UsageError('render needs the files with the Functions: -f FILE');
        const { output, namespace } = readClientConfig({ ...given, output: given['output'] ?? 'yaml' }, terminal.env);
        if (output !== 'yaml' && output !== 'json')
          throw new UsageError(`--output must be yaml or json, found "${output}"`);
        const { renderFunctions } = await import('./render-functions.ts');
        const revision = typeof given['revision'] === 'string' ? given['revision'] : undefined;
        const target = readTarget(given['target']);
        return renderFunctions({ files, namespace, output, revision, target }, terminal);
      });
    });
  },
};
