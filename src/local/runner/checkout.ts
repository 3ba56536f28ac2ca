// One commit of a repository, laid out in a directory. The server is asked first through our own HTTP edge, which judges address,
// redirects and credential; git then fetches from where that led.
import { lookup } from 'node:dns/promises';
import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { TerminalError } from '../../platform/errors.ts';
import type { EgressPolicy } from '../../platform/http/egress.ts';
import type { Http, HttpRequest } from '../../platform/http/http.ts';
import { candidatesOf, isObjectId, isRefName } from '../../revision/ref.ts';
import { fetchError, type GitOptions, git, isUnknownRevision } from './git.ts';
import type { RunLog } from './run-log.ts';
import type { RunSource } from './run-status.ts';

export interface CheckoutOrder extends Omit<GitOptions, 'url' | 'resolved'> {
  /** http(s), without userinfo. */
  readonly url: string;
  /** Commit id, branch, tag or `refs/...`; absent: the remote's default branch. */
  readonly revision: string | undefined;
  readonly tls: HttpRequest['tls'];
  readonly http: Http;
  readonly egress: EgressPolicy;
  readonly log: RunLog;
}

const shortId = /^[0-9a-f]{7,63}$/;
const fetched = 'refs/revflow/fetched';
/** The advertisement of an old server names every ref. */
const largestAdvertisement = 64 * 1024 * 1024;

/**
 * Fetches and lays out one commit, `.git` removed. Throws TerminalError GitRevisionNotFound, GitMissing and those of `fetchError`, and
 * what the HTTP edge throws.
 */
export async function checkOut(order: CheckoutOrder): Promise<RunSource> {
  const { revision, directory, log } = order;
  if (revision !== undefined && !isRefName(revision)) throw notFound(order, 'it is no name of a branch or tag');
  const located = await locate(order);
  const format = revision?.length === 64 && isObjectId(revision) ? ['--object-format=sha256'] : [];
  await must(located, ['init', '--quiet', '--template=', ...format]);
  const branchName = revision === undefined ? await defaultBranch(located) : undefined;
  const commit = await fetchCommit(located, branchName === undefined ? revision : `refs/heads/${branchName}`);
  if (commit === undefined) throw notFound(order, 'the repository has no such branch, tag or commit');
  await must(located, ['-c', 'advice.detachedHead=false', 'checkout', '--quiet', '--force', '--detach', commit]);
  const { stdout } = await must(located, ['log', '-1', '--no-show-signature', '--format=%an%n%cI', commit]);
  await rm(join(directory, '.git'), { recursive: true, force: true });
  const [author = '', time = ''] = stdout.split('\n');
  const commitAuthor = author.replaceAll(/\p{Cc}/gu, ' ').slice(0, 200);
  log.write(`checked out ${commit}${branchName === undefined ? '' : ` of branch ${branchName}`} by ${commitAuthor}`);
  return {
    kind: 'git',
    commitSha: commit,
    commitAuthor,
    ...(branchName === undefined ? {} : { branchName }),
    ...(Number.isNaN(Date.parse(time)) ? {} : { committedAt: new Date(time).toISOString().replace('.000Z', 'Z') }),
  };
}

interface Located extends CheckoutOrder {
  /** Where the repository is, redirects followed. */
  readonly at: URL;
  readonly resolved: string | undefined;
}

/** The question that git asks first; its answer is not used, only where it came from. */
async function locate(order: CheckoutOrder): Promise<Located> {
  const { http, tls, signal, authorization } = order;
  const asked = new URL(order.url);
  asked.pathname = `${asked.pathname.replace(/\/+$/, '')}/info/refs`;
  asked.search = '?service=git-upload-pack';
  order.log.write(`fetching from ${shown(order.url)}`);
  const answer = await http.request({
    method: 'GET',
    url: asked.href,
    headers: { 'git-protocol': 'version=2' },
    ...(authorization === undefined ? {} : { secretHeaders: { authorization } }),
    ...(tls === undefined ? {} : { tls }),
    maxBytes: largestAdvertisement,
    timeoutMs: 60_000,
    signal,
  });
  const at = new URL(answer.url);
  at.search = '';
  at.pathname = at.pathname.replace(/\/info\/refs$/, '');
  // The credential was given for the first address; where a redirect leaves it, it stays behind.
  const kept = at.origin === asked.origin ? authorization : undefined;
  return { ...order, at, authorization: kept, resolved: await judgeAddress(order, at) };
}

/** git connects by itself: the name is resolved here, judged as the HTTP edge judges it, and held to that address. */
async function judgeAddress({ egress, proxies }: CheckoutOrder, at: URL): Promise<string | undefined> {
  if (Object.keys(proxies).length > 0) return undefined;
  const host = at.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(at.port || (at.protocol === 'https:' ? 443 : 80));
  const address = isIP(host) > 0 ? host : (await lookup(host)).address;
  const refusal = await egress.judge({ host, port, address });
  if (refusal === undefined) return isIP(host) > 0 ? undefined : `${host}:${port}:${address}`;
  throw new TerminalError(
    'EgressDenied',
    `${shown(at.href)} is not fetched from: the egress policy forbids it: ${refusal}`,
  );
}

function optionsOf(located: Located): GitOptions {
  return { ...located, url: located.at };
}

async function must(located: Located, args: readonly string[]) {
  const finished = await git(optionsOf(located), args);
  if (finished.code === 0) return finished;
  tell(located.log, finished.stderr);
  throw new TerminalError('GitError', `git ${args.find(arg => /^[a-z]/.test(arg))} failed; see the run's log`);
}

/** Words of git after which it repeats what the server sent. */
const quoting =
  /^remote:|remote error:|protocol error|(?:unexpected|unknown|invalid|expected|garbage)\b.*[:'"]|server (?:sent|said)/i;

/** What the server said to git stays out: it may hold anything. */
function tell(log: RunLog, stderr: string): void {
  const lines = stderr
    .split('\n')
    .map(line => (quoting.test(line) ? 'git quotes what the server said (left out)' : line));
  log.write([...new Set(lines)].join('\n'));
}

async function defaultBranch(located: Located): Promise<string | undefined> {
  const finished = await git(optionsOf(located), ['ls-remote', '--symref', '--', located.at.href, 'HEAD']);
  if (finished.code !== 0) throw failed(located, finished.stderr);
  return /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(finished.stdout)?.[1];
}

/** The id of the commit that a revision names; undefined where there is none such. */
async function fetchCommit(located: Located, revision: string | undefined): Promise<string | undefined> {
  if (revision === undefined) return fetchRef(located, 'HEAD');
  if (isObjectId(revision)) return (await fetchRef(located, revision)) ?? fetchAll(located, revision);
  for (const candidate of candidatesOf(revision)) {
    const commit = await fetchRef(located, candidate);
    if (commit !== undefined) return commit;
  }
  return shortId.test(revision) ? fetchAll(located, revision) : undefined;
}

async function fetchRef(located: Located, ref: string): Promise<string | undefined> {
  return (await fetchInto(located, ['--depth=1'], [`+${ref}:${fetched}`])) ? readCommit(located, fetched) : undefined;
}

/** Servers may refuse to give a commit by its id, and none knows a shortened one: then everything is fetched. */
async function fetchAll(located: Located, id: string): Promise<string | undefined> {
  const all = ['+refs/heads/*:refs/revflow/heads/*', '+refs/tags/*:refs/revflow/tags/*'];
  return (await fetchInto(located, [], all)) ? readCommit(located, id) : undefined;
}

/** False where the server has not what was asked for. */
async function fetchInto(located: Located, options: readonly string[], refs: readonly string[]): Promise<boolean> {
  const flags = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', ...options];
  const finished = await git(optionsOf(located), ['fetch', ...flags, '--', located.at.href, ...refs]);
  if (finished.code === 0) return true;
  if (isUnknownRevision(finished.stderr)) return false;
  throw failed(located, finished.stderr);
}

async function readCommit(located: Located, name: string): Promise<string | undefined> {
  const args = ['rev-parse', '--quiet', '--verify', '--end-of-options', `${name}^{commit}`];
  const { code, stdout } = await git(optionsOf(located), args);
  return code === 0 ? stdout.trim() : undefined;
}

function failed(located: Located, stderr: string): Error {
  tell(located.log, stderr);
  return fetchError(stderr, shown(located.url));
}

function notFound({ revision = 'HEAD', url }: CheckoutOrder, why: string): TerminalError {
  const name = revision.length > 200 ? `${revision.slice(0, 200)}...` : revision;
  return new TerminalError(
    'GitRevisionNotFound',
    `revision ${JSON.stringify(name)} of ${shown(url)} not found: ${why}`,
  );
}

/** A URL without what may be secret. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
