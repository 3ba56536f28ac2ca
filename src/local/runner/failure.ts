// What became of a run that did not succeed, in the words that Shipwright has for it. Pure.
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import type { BuildSpec } from './build-object.ts';
import type { Failure } from './run-status.ts';

/** Why a run was told to stop; what an AbortSignal of a run carries. */
export type Stop = 'cancelled' | 'timeout' | 'gone' | 'closing';

const longestMessage = 500;
const tailLines = 5;
/** Of the log; its very end is what counts. */
const longestTail = 400;

/** The failure of a run that threw. `tail`: the last lines of its log. */
export function failureOf(error: unknown, spec: BuildSpec | undefined, tail: readonly string[]): Failure {
  const known = error instanceof TerminalError || error instanceof RetryableError;
  const said = known ? error.message : 'a fault in the local runner; its log has more';
  const lines = tail.slice(-tailLines).filter(line => !said.includes(line) && !line.includes(said));
  const message = lines.length === 0 ? cut(said) : `${cut(said)}; the log ends: ${endOf(lines.join(' | '))}`;
  return { reason: 'Failed', message, details: { reason: detailOf(error, spec), message: cut(said) } };
}

/** Shipwright's words for a failing fetch, where they fit; else ours. */
function detailOf(error: unknown, spec: BuildSpec | undefined): string {
  if (!(error instanceof TerminalError) && !(error instanceof RetryableError)) return 'InternalError';
  const { git } = spec?.source ?? {};
  if (!git) return error.reason;
  const hasSecret = git.cloneSecret !== undefined;
  const words: Readonly<Record<string, string>> = {
    Unauthorized: hasSecret ? 'GitAuthInvalidUserOrPass' : 'GitRemoteRepositoryPrivate',
    Forbidden: 'GitRemoteRepositoryPrivate',
    NotFound: 'GitRemoteRepositoryNotFound',
  };
  return words[error.reason] ?? error.reason;
}

function endOf(text: string): string {
  return text.length > longestTail ? `...${text.slice(3 - longestTail)}` : text;
}

function cut(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage - 3)}...` : text;
}
