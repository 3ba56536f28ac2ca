// Turns the issues of a schema into problems that a person can act on.
import type { z } from 'zod';
import { type Problem, pathText } from './problem.ts';

const nouns: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a whole number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** One problem for each issue; `input` is what was parsed. */
export function explain(issues: readonly z.core.$ZodIssue[], input: unknown): readonly Problem[] {
  return issues.map(issue => {
    const value = at(input, issue.path);
    return { path: pathText(issue.path), value, message: sentence(issue, value) };
  });
}

function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'is missing';
  if (issue.code === 'invalid_type')
    return `must be ${nouns[issue.expected] ?? issue.expected}${hint(issue.expected, value)}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(word => JSON.stringify(word)).join(' or ')}`;
  if (issue.code === 'invalid_format') return `must match ${issue.pattern ?? issue.format}`;
  if (issue.code === 'too_small') return `must have at least ${size(issue.minimum, issue.origin)}`;
  if (issue.code === 'too_big') return `must have at most ${size(issue.maximum, issue.origin)}`;
  return issue.message;
}

function size(limit: number | bigint, origin: string): string {
  const unit = origin === 'string' ? 'character' : 'item';
  return `${limit} ${unit}${limit === 1 ? '' : 's'}`;
}

function hint(expected: string, value: unknown): string {
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  if (expected === 'string' && scalar) return ' (put it in quotes)';
  if (expected === 'array' && !Array.isArray(value)) return ' (each item begins with "- ")';
  return '';
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
