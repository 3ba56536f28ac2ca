// YAML in and out: the one place where the yaml package enters.
import { Document, LineCounter, parse, parseAllDocuments, parseDocument, visit } from 'yaml';

/** The value of one YAML (or JSON) document; an empty one is null. Throws a YAMLParseError that names line and column. */
export function parseYaml(text: string): unknown {
  // Warnings would go to standard error with the text that a user wrote.
  return parse(text, { logLevel: 'error' });
}

/** The same with numbers as the texts that somebody wrote: a version 0.10 is not 0.1. What is no finite number stays as it is. */
export function parseYamlTexts(text: string): unknown {
  const document = parseDocument(text, { logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'number' && Number.isFinite(node.value)) node.value = node.source ?? node.value;
    },
  });
  return document.toJS();
}

/**
 * One YAML document, two spaces deep, without folded lines or aliases: the same value gives the same text. Readers of YAML 1.1 read the
 * same: `off`, `0777` and the like are quoted.
 */
export function formatYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && misread.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  // The library leaves some of what it quotes as it is, and readers of YAML 1.1 take it for the end of a line, or for nothing at all.
  return document.toString({ lineWidth: 0 }).replace(unseen, escaped);
}

/** What cannot be seen; it stands in double quotes alone. */
const unseen = /(?![\t\n])\p{Cc}|[\u2028\u2029\ufeff]/gu;

/**
 * What the library would write without quotes, though some reader makes something else of it: marks of YAML 1.1, nothing but blanks, a tab in a
 * line, and what cannot be seen.
 */
const misread = new RegExp(`^(?:=|\\.{3}|[ \\t\\n]+|[^\\n]*\\t[^\\n]*)$|${unseen.source}`, 'u');

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}

/** One document of a stream: its value, or what is wrong with its text. Lines count from 1. */
export type YamlDocument = { readonly line: number } & ({ readonly value: unknown } | { readonly fault: string });

/** All documents of a YAML (or JSON) stream; never throws. A fault names line and column, and quotes nothing: the text may be secret. */
export function parseYamlStream(text: string): readonly YamlDocument[] {
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, { logLevel: 'error', lineCounter: lines });
    return [...documents].map(document => readDocument(document, lines));
  } catch {
    return [{ line: 1, fault: 'is nested too deeply' }];
  }
}

function readDocument(document: Document.Parsed, lines: LineCounter): YamlDocument {
  const { line } = lines.linePos(document.contents?.range[0] ?? document.range[0]);
  const [error] = document.errors;
  if (error !== undefined) return { line, fault: faultText(error.message) };
  try {
    return { line, value: document.toJS() };
  } catch (cause) {
    const isAlias = cause instanceof ReferenceError && cause.message.startsWith('Unresolved alias');
    const alias = 'has an alias without an anchor; a text that begins with * needs quotes';
    return { line, fault: isAlias ? alias : 'has too many aliases, or is nested too deeply' };
  }
}

/** The parser's first line, without what it quotes. */
function faultText(message: string): string {
  const [first = ''] = message.split('\n');
  return `is no YAML: ${first.replace(/: ".*$/, '').replace(/:$/, '')}`;
}
