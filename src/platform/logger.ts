// The log port over pino: JSON lines, or text for people; no secret passes.
import { pino } from 'pino';
import type { Log } from './log.ts';
import { createRedactor, redactFields } from './redact.ts';

type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogOptions {
  readonly level: LogLevel;
  /** Text for people instead of JSON. */
  readonly pretty: boolean;
  /** Colours in the text; default false. */
  readonly color?: boolean;
  /** Takes one line with its end; default: the standard error stream. */
  readonly write?: (line: string) => void;
  /** Exact values that never appear, besides what looks like a secret. */
  readonly secrets?: Iterable<string>;
}

/** A log. Fields may hold errors: name, reason, code, message, stack and cause are kept of them. */
export function createLog(options: LogOptions): Log {
  const clean = createRedactor(options.secrets ?? []);
  const write = options.write ?? (line => void process.stderr.write(line));
  const show = options.pretty ? (line: string) => write(asText(line, options.color === true)) : write;
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    { write: show },
  );
  const at = (level: LogLevel) => (message: string, fields?: object) => {
    if (!logger.isLevelEnabled(level)) return;
    logger[level](redactFields(fields ?? {}, clean), clean(message));
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

const colors: Readonly<Record<string, string>> = { error: '31', warn: '33', info: '36', debug: '90' };

/** `12:34:56 INFO  message  key=value`, an error's stack on lines of its own. */
function asText(line: string, color: boolean): string {
  const { level, time, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const paint = (text: string, code: string | undefined) => (color && code ? `\u001b[${code}m${text}\u001b[0m` : text);
  const label = paint(String(level).toUpperCase().padEnd(5), colors[String(level)]);
  const pairs = Object.entries(fields).map(([name, value]) => ` ${paint(`${name}=`, '90')}${valueText(value)}`);
  const clock = String(time).slice(11, 19);
  const stacks = Object.values(fields).flatMap(stackOf);
  return `${paint(clock, '90')} ${label} ${String(message)}${pairs.join('')}\n${stacks.join('')}`;
}

function valueText(value: unknown): string {
  if (isError(value)) return JSON.stringify(`${value.reason ?? value.name ?? 'Error'}: ${value.message}`);
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

function stackOf(value: unknown): string[] {
  if (!isError(value)) return [];
  const frames = value.stack?.split('\n').filter(frame => /^\s+at /.test(frame)) ?? [];
  return frames.map(frame => `    ${frame.trim()}\n`);
}

interface ErrorFields {
  readonly name?: string;
  readonly reason?: string;
  readonly message: string;
  readonly stack?: string;
}

function isError(value: unknown): value is ErrorFields {
  return typeof value === 'object' && value !== null && 'message' in value && 'name' in value;
}
