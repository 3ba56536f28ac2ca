// `revflow start`: local mode, until it is stopped.
import { type Environment, type Flags, readRunConfig } from '../config.ts';
import { addExamples, type ExitCode, exitCodes, type Terminal, type Verb } from './verb.ts';

const flags: readonly (readonly [string, string])[] = [
  ['--max-builds <N|none>', 'runs alive at once (default: 50)'],
  ['--max-builds-per-namespace <N|none>', 'runs alive at once in each namespace (default: none)'],
  ['--min-interval <DURATION>', 'floor of every polling-interval (default: 1s)'],
  ['--egress-allow <LIST>', 'hosts, addresses or CIDRs that alone may be asked, besides this machine (default: all)'],
  ['--egress-deny <LIST>', 'hosts, addresses or CIDRs that are never asked'],
  ['--ca-file <FILE>', 'PEM certificates of private authorities'],
  ['--require-credential-hosts', 'refuse Secrets that do not say where they may be sent'],
  ['--log-level <LEVEL>', 'error, warn, info or debug (default: info)'],
  ['--log-format <json|text>', 'default: text'],
];

const defaultState = '.revflow';

export const start: Verb = {
  add: (program, act) => {
    const command = program
      .command('start')
      .description('run on this machine alone: no cluster, no Redis, no Docker')
      .option('--state <DIR>', `where everything is kept (default: ${defaultState})`);
    addExamples(
      command,
      [
        ['revflow start', 'state in .revflow; prints the KUBECONFIG to use'],
        ['revflow start --state /var/tmp/revflow', 'another one beside it'],
      ],
      [
        'A Dockerfile is built where buildah is installed; other builds are packed: the source becomes an image layer. It is never for',
        'production.',
      ],
    );
    for (const [flag, text] of flags) command.option(flag, text);
    command.action((given: Flags) => {
      act(terminal => runLocally(given, terminal));
    });
  },
};

async function runLocally(given: Flags, { env, out, err, signal }: Terminal): Promise<ExitCode> {
  const config = readRunConfig({ ...given, logFormat: given['logFormat'] ?? env['REVFLOW_LOG_FORMAT'] ?? 'text' }, env);
  // Loaded only when it is needed: every other verb, and --help, starts sooner.
  const { createLog } = await import('../../platform/logger.ts');
  const { startLocalMode } = await import('../local-mode.ts');
  const log = createLog({
    level: config.logLevel,
    pretty: config.logFormat === 'text',
    color: err.isTTY === true,
    write: line => void err.write(line),
  });
  const directory = stateOf(given, env);
  await using local = await startLocalMode({ directory, env, log, config });
  const { ports, kubeconfig } = local.directory;
  out.write(`registry on ${local.registry.host}, metrics on http://127.0.0.1:${ports.health}/metrics\n`);
  out.write(`export KUBECONFIG=${quoted(kubeconfig)}\n`);
  out.write('revflow is ready; stop it with Ctrl-C\n');
  if (!signal.aborted) {
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  log.info('stopping');
  return exitCodes.done;
}

function stateOf(given: Flags, env: Environment): string {
  const flag = given['state'];
  return typeof flag === 'string' ? flag : (env['REVFLOW_STATE'] ?? defaultState);
}

/** For a shell; most paths need no quotes. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
