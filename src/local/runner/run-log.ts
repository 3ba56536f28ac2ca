// The log of one run: a file that only its owner reads, and its last lines for the message of a failure.
import { appendFileSync, mkdirSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { redact } from '../../platform/redact.ts';

export interface RunLog {
  /** Adds what somebody may want to read; several lines become several. */
  write(text: string): void;
  /** These exact texts never appear. */
  hide(secrets: readonly (string | undefined)[]): void;
  /** The last lines of this attempt, without times. */
  tail(lines: number): readonly string[];
}

/** Where the log of a BuildRun lies. */
export function runLogFile(logsDirectory: string, namespace: string, buildRun: string): string {
  return join(logsDirectory, namespace, `${buildRun}.log`);
}

/** Opens the log of a run; what an earlier attempt wrote stays. */
export function openRunLog(file: string, clock: Clock): RunLog {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const kept: string[] = [];
  const hidden = new Set<string>();
  const clean = (line: string) => {
    const masked = [...hidden].reduce((text, secret) => text.replaceAll(secret, '***'), line);
    return redact(masked).replaceAll(/\p{Cc}/gu, ' ');
  };
  return {
    write(text) {
      const lines = text
        .split(/[\r\n]+/)
        .filter(line => line.trim() !== '')
        .map(clean);
      kept.push(...lines);
      kept.splice(0, kept.length - 50);
      const time = new Date(clock.now()).toISOString();
      appendFileSync(file, lines.map(line => `${time} ${line}\n`).join(''), { mode: 0o600 });
    },
    hide(secrets) {
      for (const secret of secrets) if (secret !== undefined && secret !== '') hidden.add(secret);
    },
    tail: lines => kept.slice(-lines),
  };
}

const keptMs = 7 * 24 * 3_600_000;

/** Removes logs that nobody has written to for a week. `now`: milliseconds since the epoch. */
export async function forgetOldLogs(logsDirectory: string, now: number): Promise<void> {
  const files = (await readdir(logsDirectory, { recursive: true })).filter(name => name.endsWith('.log'));
  for (const name of files) {
    const file = join(logsDirectory, name);
    if (now - (await stat(file)).mtimeMs > keptMs) await rm(file, { force: true });
  }
}
