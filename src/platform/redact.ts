// Takes secrets out of text before anybody reads it: logs, conditions, events, messages, run logs.

const mark = '[redacted]';

/** What is looked for, to be replaced by the mark. Every pattern is bounded, so that no text takes long. */
const patterns: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]{0,20000}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g,
  // Userinfo of URLs; `git@` alone is everybody's name.
  /(?<=[a-z][a-z0-9+.-]{0,20}:\/\/)(?!git@)[^\s/?#"'<>]{1,2000}(?=@)/gi,
  // Queries of URLs: signatures and tokens travel there.
  /(?<=\bhttps?:\/\/[^\s?#"'<>]{1,2000}\?)[^\s#"'<>]{1,8000}/gi,
  // Headers, with whatever follows them on the line.
  /(?<=\b(?:(?:proxy-)?authorization|private-token|job-token|deploy-token|x-[a-z-]{0,30}(?:token|key)|(?:set-)?cookie)["']?\s{0,3}[:=]\s{0,3}["']?)[^\s"',}][^\r\n"',}]{0,8000}/gi,
  // The mixture of letters tells a token from a word of prose.
  /(?<=\b(?:[Bb]earer|[Bb]asic|BEARER|BASIC)\s{1,3})(?=[\w~+/.-]{0,200}(?:[\d+/=]|[a-z][A-Z]))[\w~+/.-]{6,8000}={0,2}/g,
  // Fields that are called what they hold.
  /(?<=\b(?:[a-z]{1,20}[_-])?(?:password|passwd|secret|token|api[_-]?key|credential)["']?\s{0,3}[=:]\s{0,3}["'])[^"'\r\n]{1,8000}/gi,
  /(?<=\b(?:[a-z]{1,20}[_-])?(?:(?:password|passwd)\s{0,2}[=:]\s{0,2}|(?:token|secret|api[_-]?key)=))[^\s&"',;]{1,8000}/gi,
  // Tokens that tell by their beginning what they are: GitHub, GitLab, Docker Hub, npm, Slack, AWS, JSON web tokens.
  /\b(?:gh[oprsu]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{16,255})/g,
  /\bgl(?:pat|dt|rt|oas|cbt|ptt|ft|imt|agent|soat|ffct)-[\w.-]{8,255}/g,
  /\b(?:dckr_(?:pat|oat)_[\w-]{8,255}|npm_[A-Za-z0-9]{20,255}|xox[abeoprs]-[\w-]{8,255}|AKIA[A-Z0-9]{16})\b/g,
  /\beyJ[\w-]{8,8000}\.eyJ[\w-]{4,8000}\.[\w-]{0,8000}/g,
];

/** The text without what looks like a secret. Commit ids and digests stay. */
export function redact(text: string): string {
  return patterns.reduce((clean, pattern) => clean.replace(pattern, mark), text);
}

/**
 * A `redact` that also knows exact values. Values shorter than six characters are left alone: they would eat ordinary words.
 */
export function createRedactor(secrets: Iterable<string>): (text: string) => string {
  const known = [...new Set(secrets)].filter(secret => secret.length >= 6).toSorted((a, b) => b.length - a.length);
  return text => redact(known.reduce((clean, secret) => clean.replaceAll(secret, mark), text));
}

const deepest = 6;

/** The value with every string in it cleaned, errors as plain objects. For fields of logs; what is nested too deep becomes a mark. */
export function redactFields(value: unknown, clean: (text: string) => string = redact, depth = 0): unknown {
  if (typeof value === 'string') return clean(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  if (depth >= deepest) return '[nested]';
  if (value instanceof Error) return redactError(value, clean, depth);
  if (Array.isArray(value)) return value.map(item => redactFields(item, clean, depth + 1));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redactFields(item, clean, depth + 1)]));
}

/** Only what errors are known to carry: what libraries hang onto theirs (requests, headers, raw packets) is not looked at. */
function redactError(error: Error, clean: (text: string) => string, depth: number): object {
  const { reason, code, status } = error as Error & { reason?: unknown; code?: unknown; status?: unknown };
  const told = Object.entries({ reason, code, status }).filter(([, value]) =>
    ['string', 'number'].includes(typeof value),
  );
  return {
    name: error.name,
    ...Object.fromEntries(told),
    message: clean(error.message),
    ...(error.stack === undefined ? {} : { stack: clean(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redactFields(error.cause, clean, depth + 1) }),
  };
}
