// The `git` program, shut in: nothing of the user's or the system's configuration, HTTP alone, no hooks, no submodules, no prompts.
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import { type Finished, runCommand } from '../git/child.ts';

export interface GitOptions {
  /** Its repository and work tree, and its home. */
  readonly directory: string;
  /** The PATH on which `git` is looked for. */
  readonly programPath: string;
  /** Where the repository is; credentials go nowhere else. */
  readonly url: URL;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
  /** A file of every certificate that is trusted; absent: the system's. */
  readonly caFile: string | undefined;
  /** `host:port:address`: where the name was found to lead, so that it leads nowhere else; absent where a proxy resolves it. */
  readonly resolved: string | undefined;
  /** Variables that name proxies, as curl reads them. */
  readonly proxies: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const settings: readonly (readonly [string, string])[] = [
  ['protocol.allow', 'never'],
  ['protocol.http.allow', 'always'],
  ['protocol.https.allow', 'always'],
  ['protocol.version', '2'],
  // Redirects were followed before, under our own rules.
  ['http.followRedirects', 'false'],
  ['http.lowSpeedLimit', '1000'],
  ['http.lowSpeedTime', '60'],
  ['credential.helper', ''],
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.autocrlf', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
];

/** One call of git; the exit code is the caller's to judge. Throws TerminalError GitMissing where there is no git. */
export async function git(options: GitOptions, args: readonly string[]): Promise<Finished> {
  const { directory, signal } = options;
  try {
    return await runCommand({ program: 'git', args, env: environment(options), cwd: directory, signal });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error;
    throw new TerminalError('GitMissing', 'there is no git on the PATH; install it, then rebuild', { cause: error });
  }
}

/** Secrets go by the environment: command lines are everybody's to read. */
function environment(options: GitOptions) {
  const { directory, programPath, url, authorization, caFile, resolved, proxies } = options;
  const own = [
    ...settings,
    ...(authorization === undefined ? [] : [[`http.${url.origin}/.extraHeader`, `Authorization: ${authorization}`]]),
    ...(resolved === undefined ? [] : [['http.curloptResolve', resolved]]),
    ...(caFile === undefined ? [] : [['http.sslCAInfo', caFile]]),
  ];
  return {
    ...proxies,
    PATH: programPath,
    HOME: directory,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_ALLOW_PROTOCOL: 'http:https',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_CONFIG_COUNT: String(own.length),
    ...Object.fromEntries(
      own.flatMap(([key = '', value = ''], at) => [
        [`GIT_CONFIG_KEY_${at}`, key],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
  };
}

/** Whether git said that the other side has no such ref or commit. */
export function isUnknownRevision(stderr: string): boolean {
  return /couldn't find remote ref|not our ref|unadvertised object|remote error: .*(?:want|ref)/i.test(stderr);
}

/** What a failed fetch means. The words are ours: what a server says is not repeated. */
export function fetchError(stderr: string, where: string): RetryableError | TerminalError {
  if (/Authentication failed|could not read Username|error: 401/i.test(stderr)) {
    return new TerminalError('Unauthorized', `${where} refuses the credential`);
  }
  if (/error: 403/i.test(stderr))
    return new TerminalError('Forbidden', `${where} may not be read with this credential`);
  if (/error: 404|repository .* not found/i.test(stderr)) {
    return new TerminalError('NotFound', `${where} is no repository, or is hidden from this credential`);
  }
  if (/SSL certificate|certificate verif/i.test(stderr)) {
    return new TerminalError('TlsError', `the certificate of ${where} is not trusted; a Secret may bring its ca.crt`);
  }
  const reason = /timed? ?out|too slow/i.test(stderr) ? 'Timeout' : 'NetworkError';
  return new RetryableError(reason, `git could not fetch from ${where}; see the run's log`);
}
