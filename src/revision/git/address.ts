// Where and how a repository is asked: what was learned of it and of its host, remembered between questions.
import type { GitSource } from '../../watch/source.ts';
import type { Ports, Question } from '../provider.ts';
import type { Advertisement } from './advertisement.ts';
import type { ObjectFormat } from './refs.ts';

/** How to ask. `base` is what `/git-upload-pack` and `/info/refs` follow. */
export interface Way {
  readonly base: string;
  readonly format: ObjectFormat;
  /** The host speaks no v2, or refuses the bare POST: the discovery GET holds the answer. */
  readonly discover: boolean;
}

const rememberedMs = 24 * 60 * 60_000;

/** The addresses that a repository may have; all forges take the first. Others may know one of the two only. */
export function addressesOf(source: GitSource): readonly [string, ...string[]] {
  return source.forge === 'git' ? [`${source.url}.git`, source.url] : [`${source.url}.git`];
}

/** What is known, or else what is usual. */
export async function recallWay(question: Question<GitSource>, { memory }: Ports): Promise<Way> {
  const [known, old] = await Promise.all([memory.get(sourceKey(question)), memory.get(hostKey(question))]);
  const usual = { base: addressesOf(question.source)[0], format: 'sha1' as const };
  return { ...(known === undefined ? usual : readWay(known, usual)), discover: old !== undefined };
}

/** How this repository was asked with success, for a day. */
export async function rememberWay(question: Question<GitSource>, { memory }: Ports, way: Way): Promise<void> {
  await memory.set(sourceKey(question), `${way.format} ${way.base}`, rememberedMs);
}

/** The whole host is asked by discovery from now on: a day where it speaks no v2, an hour where it only refused the bare POST. */
export async function rememberHost(
  question: Question<GitSource>,
  { memory }: Ports,
  version: Advertisement['version'],
): Promise<void> {
  await memory.set(hostKey(question), 'discover', version === 0 ? rememberedMs : rememberedMs / 24);
}

/** The next question begins with what is usual. */
export async function forgetWay(question: Question<GitSource>, { memory }: Ports): Promise<void> {
  await memory.set(sourceKey(question), '', 1);
}

function readWay(text: string, usual: Omit<Way, 'discover'>): Omit<Way, 'discover'> {
  const [format = '', base = ''] = text.split(' ');
  return (format === 'sha1' || format === 'sha256') && URL.canParse(base) ? { format, base } : usual;
}

/** What was learned over an unverified connection, or with another credential, must not lead the others. */
function sourceKey({ source, credentialId }: Question<GitSource>): string {
  return `git:way:${credentialId}:${source.skipVerify === true ? 'unverified:' : ''}${source.url}`;
}

function hostKey({ source }: Question<GitSource>): string {
  return `git:discover:${source.skipVerify === true ? 'unverified:' : ''}${new URL(source.url).host}`;
}
