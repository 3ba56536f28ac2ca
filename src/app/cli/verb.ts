// What every verb of the command line is given, and how it ends.
import type { Command } from 'commander';
import type { Environment } from '../config.ts';

/** Where a verb prints; a terminal may get colour and progress. */
export interface Output {
  write(text: string): boolean;
  readonly isTTY?: boolean;
}

/** The world of one run of the command. */
export interface Terminal {
  readonly env: Environment;
  /** Results alone. */
  readonly out: Output;
  /** Progress, warnings and errors. */
  readonly err: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Exit codes: done; our own fault; used wrongly; can never work as it stands; come back later. */
export const exitCodes = { done: 0, fault: 1, usage: 2, terminal: 3, later: 75 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One verb: adds its command with its flags to the program. `act` is told what the verb does when it is called. */
export interface Verb {
  readonly add: (program: Command, act: Act) => void;
}

/** Registers the action of the verb that was called; its promise is the exit code. */
export type Act = (action: (terminal: Terminal) => Promise<ExitCode>) => void;
