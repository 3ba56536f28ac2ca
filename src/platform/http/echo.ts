// Answers that give the credential back: nothing of them may be used, for what is used is remembered, shown and followed.
import type { Reply } from './exchange.ts';
import { failure } from './failure.ts';

type Secrets = Readonly<Record<string, string>> | undefined;

/** Of a longer body only so much is looked at: what is kept of answers stands in short ones. */
const searchedBytes = 1024 * 1024;
/** Shorter values, and words, may stand in an answer by chance. */
const shortest = 8;

/**
 * The reply, unless a credential stands in it: then RetryableError UnexpectedAnswer. Of a refusal (400 and more), which means the same
 * whatever its words are, the headers that hold a credential are left out.
 */
export function withoutEcho(authority: string, reply: Reply, secrets: Secrets): Reply {
  const needles = needlesOf(secrets);
  if (needles.length === 0) return reply;
  const isEcho = (text: string) => needles.some(needle => text.includes(needle));
  const { status, headers, body } = reply;
  const clean = Object.entries(headers).filter(([, value]) => !isEcho(value));
  if (status >= 400) return { ...reply, headers: Object.fromEntries(clean) };
  const isWhole = clean.length === Object.keys(headers).length;
  if (isWhole && !(body.byteLength <= searchedBytes && holds(body, needles))) return reply;
  throw failure('UnexpectedAnswer', `${authority} gave the credential back in its answer, of which nothing is used`);
}

function holds(body: Uint8Array, needles: readonly string[]): boolean {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return needles.some(needle => buffer.includes(needle));
}

/** Each credential in the forms in which it may come back: as it was sent, decoded, and as URLs write it. */
function needlesOf(secrets: Secrets): readonly string[] {
  if (secrets === undefined) return [];
  const needles = new Set<string>();
  for (const value of Object.values(secrets)) {
    const sent = value.slice(value.lastIndexOf(' ') + 1);
    const [, password = ''] = /^Basic /i.test(value) ? splitLogin(sent) : [];
    for (const text of [sent, password, password.replace(/\s+/g, '')]) {
      if (!isTelling(text)) continue;
      needles.add(text).add(encodeURIComponent(text)).add(Buffer.from(text, 'utf8').toString('latin1'));
    }
  }
  return [...needles];
}

function splitLogin(encoded: string): readonly string[] {
  const login = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = login.indexOf(':');
  return [login.slice(0, colon), login.slice(colon + 1)];
}

function isTelling(text: string): boolean {
  return text.length >= shortest && /\d/.test(text) && text.isWellFormed();
}
