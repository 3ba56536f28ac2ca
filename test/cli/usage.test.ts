// The command line itself: help, version, mistakes, exit codes, and terminals that go away.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { explainEnd } from '../../src/app/cli/ending.ts';
import { createProgram } from '../../src/app/cli/program.ts';
import { UsageError } from '../../src/app/config.ts';
import { RetryableError, TerminalError, WaitingError } from '../../src/platform/errors.ts';
import { KubeError } from '../../src/platform/kube/kube.ts';
import { inProcess, revflow, spawnRevflow } from './command.ts';

const output = { write: () => true };
const commands = createProgram(() => {}, { out: output, err: output }).commands;

describe('help', () => {
  it('says what it is, which verbs there are, and how they end', async () => {
    const { code, out, err } = await revflow(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
      "Usage: revflow VERB [flags]

      Push a commit, and the function redeploys: a control plane for OpenFunction Functions.

      Options:
        -V, --version                 print the version
        -h, --help                    say what there is

      Commands:
        start [options]               run on this machine alone: no cluster, no Redis, no Docker
        demo [options]                show it: a commit, a bundle and an image are pushed, and three Functions redeploy
        run [options]                 run the control plane of a cluster
        check [options] [NS/NAME...]  ask each source once: what is known, what is latest, and what would happen
        render [options]              print the Builder, Build, BuildRun and Serving that a change would create
        export [options] <engine>     write the runs of Functions for shipwright or tekton as files, for a GitOps repository
        explain [options] <NS/NAME>   say why a Function is built or served, or is not, and what comes next
        logs [options] <NS/NAME>      print the log of the newest run of a Function
        rebuild [options] <NS/NAME>   build a Function once more, whatever changed
        suspend [options] <NS/NAME>   start nothing new for a Function; what runs and what serves stays
        resume [options] <NS/NAME>    let a suspended Function go on
        crd                           print the definitions of Function, Builder and Serving

      Exit codes: 0 done, 1 a fault of revflow, 2 wrong usage, 3 it can never work as it stands, 75 try later.
      revflow VERB --help says more, with examples.
      "
    `);
  });

  it('of check shows its flags and examples', async () => {
    expect((await inProcess(['check', '--help'])).out).toMatchInlineSnapshot(`
      "Usage: revflow check [options] [NS/NAME...]

      ask each source once: what is known, what is latest, and what would happen

      Arguments:
        NS/NAME                     Functions of the cluster

      Options:
        -f, --filename <FILE...>    files with the Functions, directories of them, or - for what is piped in
        -o, --output <FORMAT>       table, wide, json or yaml (default: table)
        --kubeconfig <FILE>         how to reach the API server (default: KUBECONFIG, .revflow, ~/.kube/config, or the pod)
        --context <NAME>            context of the kubeconfig (default: its current one)
        --state <DIR>               the state directory of a local control plane (default: .revflow, where it is there)
        -n, --namespace <NAME>      namespace of names without one (default: the context's, or default)
        --egress-allow <LIST>       ask nothing but these hosts, addresses or CIDRs; opens loopback address:port
        --egress-deny <LIST>        hosts, addresses or CIDRs that are never asked
        --ca-file <FILE>            PEM certificates of private authorities
        --require-credential-hosts  refuse Secrets that do not say where they may be sent
        -h, --help                  say what there is

      Nothing is written. A file needs no cluster: Secrets are taken from the same files; without its Secret a source is asked anonymously.
      Exit code: 3 when a Function can never work as it stands, 75 when a source could not be asked or has no such ref.

      Examples:
        revflow check -f function.yaml       before it is applied
        revflow check default/hello          with the credentials that it has in the cluster
        revflow check -f functions/ -o json  for programs
      "
    `);
  });

  it.each(commands.map(command => command.name()))('of %s says what it does, with examples', async verb => {
    const { code, out, err } = await inProcess([verb, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Usage: revflow ${verb}`);
    expect(out).toMatch(/\nExamples:\n {2}\S/);
    expect(out.split('\n').filter(line => line.length > 140)).toEqual([]);
  });

  it('is shown when no verb is given, and that is a mistake', async () => {
    const { code, out, err } = await inProcess([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: revflow VERB');
  });
});

describe('--version', () => {
  it('is that of package.json', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await revflow(['--version'])).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' });
  });
});

describe('mistakes', () => {
  const mistakes: readonly (readonly [line: string, told: RegExp])[] = [
    ['chekc', /unknown command 'chekc'\n\(Did you mean check\?\)/],
    ['explian default/a', /unknown command 'explian'\n\(Did you mean explain\?\)/],
    ['check --filenam a', /unknown option '--filenam'\n\(Did you mean --filename\?\)/],
    ['run --max-build 3', /unknown option '--max-build'\n\(Did you mean --max-builds\?\)/],
    ['explain', /missing required argument 'NS\/NAME'/],
    ['explain a b', /too many arguments/],
    ['check', /either Functions of a cluster, as NS\/NAME, or files with -f/],
    ['check default/a -f b.yaml', /either Functions of a cluster/],
    ['check -f', /argument missing/],
    ['render', /-f FILE/],
    ['render -f a.yaml -o table', /--output must be yaml or json, found "table"/],
    ['render -f package.json --revision main', /--revision must be a full commit id .*found "main"/],
    ['check -f package.json -o tabel', /--output must be one of table, wide, json, yaml, found "tabel"/],
    ['explain a --kubeconfig x --state y', /--kubeconfig and --state name two clusters/],
    ['explain a --redis localhost', /--redis must be a URL such as redis:/],
    ['explain a --state /nonexistent/x', /\/nonexistent\/x holds no control plane yet; revflow start --state/],
    ['run --max-builds few', /--max-builds must be a whole number from 1 on, found "few"/],
    ['run --min-interval 5', /--min-interval must be a Go duration above 0, such as 30s, found "5"/],
    ['run --health-address here', /--health-address must be host:port/],
    ['run --steps some', /--steps must be one of all, watch/],
    ['run --kubeconfig /nonexistent', /cannot read the kubeconfig \/nonexistent/],
    ['crd --nothing', /unknown option '--nothing'/],
  ];

  it.each(mistakes)('revflow %s: ends with 2 and says what to do', async (line, told) => {
    const { code, out, err } = await inProcess(line.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(told);
    expect(err).toMatch(/^revflow: /);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('never repeat a password that a URL of Redis holds', async () => {
    const { code, err } = await inProcess(['explain', 'a', '--redis', 'http://user:hidden-one@host/']);
    expect(code).toBe(2);
    expect(err).not.toContain('hidden-one');
  });
});

describe('the cluster', () => {
  it('that is nowhere to be found is a mistake, told with the ways to name one', async () => {
    const { code, err } = await revflow(['explain', 'default/a'], { cwd: '/' });
    expect(code).toBe(2);
    expect(err).toMatch(
      /there is no cluster to ask: give --kubeconfig or --state, set KUBECONFIG, or start a local one/,
    );
  });

  it('that a kubeconfig does not lead to is a mistake too', async () => {
    const { code, err } = await inProcess(['explain', 'default/a'], { env: { KUBECONFIG: '/nonexistent/config' } });
    expect({ code, err }).toEqual({ code: 2, err: 'revflow: cannot read the kubeconfig /nonexistent/config\n' });
  });
});

describe('what a verb throws', () => {
  const secret = 'https://user:hidden-one@host/';
  const ends: readonly (readonly [error: unknown, code: number])[] = [
    [new TypeError(`undefined is no function at ${secret}`), 1],
    ['a text', 1],
    [new UsageError('a flag'), 2],
    [new TerminalError('EgressInvalid', 'a rule'), 2],
    [new TerminalError('KubeconfigInvalid', 'a file'), 2],
    [Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', syscall: 'open' }), 2],
    [new TerminalError('BadParams', `a Function with ${secret}`), 3],
    [new KubeError({ status: 422, reason: 'Invalid' }, 'refused'), 3],
    [new RetryableError('Timeout', `no answer from ${secret}`), 75],
    [new WaitingError('RateLimited', 'later', 0), 75],
    [new KubeError({ status: 403, reason: 'Forbidden' }, 'not allowed'), 75],
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' }), 75],
  ];

  it.each(ends)('%s: ends with %i, and shows a stack only where the fault is ours', (error, code) => {
    let told = '';
    const err = { write: (text: string) => Boolean((told += text)) };
    expect(explainEnd(error, { err, signal: new AbortController().signal })).toBe(code);
    expect(told).toMatch(/^revflow: \S/);
    expect(told).not.toContain('hidden-one');
    expect(/\n\s+at /.test(told)).toBe(error instanceof TypeError);
    expect(told.includes('please report')).toBe(error instanceof TypeError);
  });

  it('after Ctrl-C is told as what it is', () => {
    let told = '';
    const err = { write: (text: string) => Boolean((told += text)) };
    expect(explainEnd(new Error('aborted'), { err, signal: AbortSignal.abort() })).toBe(75);
    expect(told).toBe('revflow: interrupted\n');
  });
});

describe('a reader that stops reading', () => {
  it('is no fault: revflow crd | head -1', async () => {
    const child = spawnRevflow(['crd']);
    const err = text(child.stderr);
    child.stdout.destroy();
    const [code, signal] = await once(child, 'close');
    expect([0, null]).toContain(code);
    expect([null, 'SIGPIPE']).toContain(signal);
    expect(await err).toBe('');
  });
});

describe('an older Node', () => {
  const old = ['/usr/bin/node', '/usr/bin/nodejs'].find(path => existsSync(path));

  it.skipIf(old === undefined)('says what it needs (skipped where the system has no Node)', async () => {
    const { code, out, err } = await revflow(['--version'], old === undefined ? {} : { node: old });
    if (code === 0) return expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^revflow needs Node 24 or later, and this is v\d+.*run "npx revflow" there/);
  });
});
