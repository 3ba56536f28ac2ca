// How a verb that threw ends: one sentence for people, an exit code for scripts, and a stack only where the fault is ours.
import { CommanderError } from 'commander';
import { RetryableError, TerminalError, WaitingError } from '../../platform/errors.ts';
import { KubeError } from '../../platform/kube/kube.ts';
import { redact } from '../../platform/redact.ts';
import { UsageError } from '../config.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';

/** Prints what went wrong, and gives the code to end with. */
export function explainEnd(error: unknown, terminal: Pick<Terminal, 'err' | 'signal'>): ExitCode {
  // Help and version end so too; what commander refuses it has printed itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const { err, signal } = terminal;
  if (signal.aborted && !(error instanceof UsageError)) {
    err.write('revflow: interrupted\n');
    return exitCodes.later;
  }
  const message = redact(error instanceof Error ? error.message : String(error));
  const step = nextStep(error);
  err.write(`revflow: ${message}${step === undefined ? '' : `; ${step}`}\n`);
  const code = codeOf(error);
  if (code === exitCodes.fault && error instanceof Error && error.stack) {
    const frames = error.stack.split('\n').filter(line => /^\s+at /.test(line));
    err.write(`This is a fault of revflow itself; please report it.\n${redact(frames.join('\n'))}\n`);
  }
  return code;
}

function codeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof TerminalError) return ofFlags.has(error.reason) ? exitCodes.usage : exitCodes.terminal;
  if (error instanceof KubeError && [400, 413, 422].includes(error.status)) return exitCodes.terminal;
  if (error instanceof RetryableError || error instanceof WaitingError) return exitCodes.later;
  const system = systemCode(error);
  if (system === undefined) return exitCodes.fault;
  return wrongPlace.has(system) ? exitCodes.usage : exitCodes.later;
}

/** What flags and variables lead to cannot be used. */
const ofFlags: ReadonlySet<string> = new Set(['CaFileInvalid', 'EgressInvalid', 'KubeconfigInvalid', 'ProxyInvalid']);

/** Files and addresses that were named wrongly; every other refusal of the machine may pass. */
const wrongPlace: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'EADDRNOTAVAIL']);

/** The word of the operating system; undefined for every other error. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return String(error.code);
}

/** What to do about a refusal of the API server. */
function nextStep(error: unknown): string | undefined {
  if (!(error instanceof KubeError)) return undefined;
  if (error.status === 0) return 'is it running, and does the kubeconfig lead to it? (a local one: revflow start)';
  if (error.status === 401) return 'the credential of the kubeconfig is refused; log in again';
  if (error.status === 403) return 'ask for a Role that grants this';
  return undefined;
}
