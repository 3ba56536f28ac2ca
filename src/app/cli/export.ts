// `revflow export`: what a GitOps repository holds for Functions, a file for each object. The work is in export-functions.ts.
import { type Flags, UsageError } from '../config.ts';
import { filenameFlag, readTarget, targetFlag } from './flags.ts';
import { addExamples, addFlags, type FlagText, type Verb } from './verb.ts';

const flags: readonly FlagText[] = [
  filenameFlag,
  ['-o, --output <DIR>', 'the directory to write; it is made where it is not there'],
  ['--revision <ID>', 'the commit or digest to pin (default: the sources as they are written)'],
  targetFlag,
  ['-n, --namespace <NAME>', 'namespace of Functions without one (default: default)'],
];

const notes = [
  'Files that it wrote before are replaced, others are left alone and never overwritten. The same Functions give the same files, byte for',
  'byte; what would make another run has another name. What the strategy would refuse is refused; strategies in the files go before ours.',
  'Nothing in them refers to a Builder: they can be applied where revflow does not run.',
];

export const exportVerb: Verb = {
  add: (program, act) => {
    const command = program
      .command('export <engine>')
      .description('write the runs of Functions for shipwright or tekton as files, for a GitOps repository');
    addFlags(command, flags);
    addExamples(
      command,
      [
        ['revflow export tekton -f function.yaml -o runs', 'a PipelineRun with its pipeline inlined'],
        ['revflow export shipwright -f functions/ -o runs', 'a Build and a BuildRun of each'],
        [
          'revflow export tekton -f f.yaml -o runs --target tekton=0.53,kubernetes=1.30',
          'refused where they lack something',
        ],
      ],
      notes,
    );
    command.action((engine: string, given: Flags) => {
      act(async terminal => {
        const files = Array.isArray(given['filename']) ? (given['filename'] as readonly string[]) : [];
        const { output: dir, revision, namespace } = given;
        if (files.length === 0) throw new UsageError('export needs the files with the Functions: -f FILE');
        if (typeof dir !== 'string') throw new UsageError('export needs the directory to write: -o DIR');
        if (engine !== 'shipwright' && engine !== 'tekton')
          throw new UsageError(`export writes for shipwright or tekton, found ${JSON.stringify(engine)}`);
        const { exportFunctions } = await import('./export-functions.ts');
        const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
        const target = readTarget(given['target']);
        const order = { files, dir, engine, revision: text(revision), namespace: text(namespace), target } as const;
        return exportFunctions(order, terminal);
      });
    });
  },
};
