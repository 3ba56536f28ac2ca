// `revflow run`: the control plane of a cluster. The work is in ../cluster-mode.ts.
import { type Flags, readRunConfig } from '../config.ts';
import { edgeFlags } from './flags.ts';
import { addExamples, addFlags, type FlagText, type Verb } from './verb.ts';

/** Every flag; each has a twin in the environment. */
const flags: readonly FlagText[] = [
  ['--kubeconfig <FILE>', 'how to reach the API server (default: KUBECONFIG, or the pod it runs in)'],
  ['--context <NAME>', 'context of the kubeconfig (default: its current one)'],
  ['--redis <URL>', 'queue and state shared by several workers (default: in memory, one process)'],
  ['--namespace <NAME>', "revflow's own namespace (default: revflow)"],
  ['--namespaces <A,B>', 'serve the Functions of these namespaces alone (default: all)'],
  ['--steps <all|watch>', 'watch: only the watching, beside an installed OpenFunction (default: all)'],
  ['--max-builds <N|none>', 'runs alive at once in the cluster (default: 50)'],
  ['--max-builds-per-namespace <N|none>', 'runs alive at once in each namespace (default: none)'],
  ['--min-interval <DURATION>', 'floor of every polling-interval (default: 1s)'],
  ...edgeFlags,
  ['--watch-secrets', 'see at once what changes in Secrets labelled openfunction.io/watch=true (needs list and watch)'],
  ['--health-address <HOST:PORT>', '/livez, /readyz and /metrics (default: :8081)'],
  ['--log-level <LEVEL>', 'error, warn, info or debug (default: info)'],
  ['--log-format <json|text>', 'default: json'],
  ['--polls <N>', 'sources asked at once (default: 64)'],
  ['--reconciles <N>', 'Functions worked on at once (default: 32)'],
  // OpenFunction's own names, so that its arguments can stay.
  ['--builder-check-interval <DURATION>', 'how often Builders beyond builderMaxAge are looked for (default: 1m)'],
  ['--health-probe-bind-address <HOST:PORT>', 'the same as --health-address'],
  ['--metrics-bind-address <HOST:PORT>', 'another address for /metrics; 0 for none (default: 0)'],
  ['--leader-elect [true|false]', 'taken and not needed: a Lease always says who leads'],
];

export const run: Verb = {
  add: (program, act) => {
    const command = addFlags(program.command('run').description('run the control plane of a cluster'), flags);
    addExamples(
      command,
      [
        ['revflow run', 'in a pod: as its ServiceAccount, everything in memory'],
        ['revflow run --redis redis://redis:6379 --max-builds 20', 'one of several workers'],
        ['revflow run --steps watch', 'beside an installed OpenFunction'],
        ['revflow run --kubeconfig ~/.kube/config --log-format text', 'from a checkout'],
      ],
      ['Every flag has a twin in the environment: --max-builds is REVFLOW_MAX_BUILDS.'],
    );
    command.action((given: Flags) => {
      act(async terminal => {
        const config = readRunConfig(given, terminal.env);
        const { runCluster } = await import('../cluster-mode.ts');
        return runCluster(config, terminal);
      });
    });
  },
};
