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
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${nouns[issue.expected] ?? issue.expected}${hint(issue.expected, value)}`;
    case 'invalid_value':
      return `must be ${issue.values.map(word => JSON.stringify(word)).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must not be less than ${issue.minimum}`;
    case 'too_big':
      return `must not be more than ${issue.maximum}`;
    default:
      return issue.message;
  }
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
