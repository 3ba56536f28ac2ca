// Heads asked of GitHub's REST API: one conditional request for a ref, whose answer is the commit id and nothing else.
import { Octokit } from '@octokit/rest';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import type { GitSource } from '../../watch/source.ts';
import {
  foundHead,
  headsOf,
  ownerAndName,
  parseJson,
  type RefQuestion,
  serverOf,
  unchangedHead,
  unexpected,
} from '../forge.ts';
import type { Head } from '../observation.ts';
import type { Answer, FoundPaths, Ports, Provider, Question, WantedPaths } from '../provider.ts';
import { largestTree, readListed } from '../trees-api.ts';
import { type Fetch, fetchThrough } from './fetch.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const refPrefixes = { default: '', branch: 'heads/', tag: 'tags/' } as const;

/** The provider for GitHub and GitHub Enterprise. */
export function githubProvider(): Provider<GitSource> {
  const octokit = new Octokit({ log: silent });
  // octokit warns about deprecations on the console unless told otherwise.
  const access = (question: Question<GitSource>, fetch: Fetch): Access => {
    const { owner, name } = ownerAndName(question.source);
    const repository = { owner, repo: name, baseUrl: apiOf(question.source) };
    return { octokit, repository, request: { fetch, log: silent } };
  };
  return {
    driver: 'github',
    conditional: true,
    async observe(question: Question<GitSource>, ports: Ports): Promise<Answer> {
      const asking = access(question, fetchThrough(question, ports));
      return headsOf(question, ref => ask(ref, asking));
    },
    async readPaths(question: Question<GitSource>, wanted: WantedPaths, ports: Ports): Promise<FoundPaths> {
      const asking = access(question, fetchThrough(question, ports, largestTree));
      return readListed(wanted, { forge: 'GitHub', list: (id, isDeep) => listTree({ id, isDeep }, asking) });
    },
  };
}

/** `api.github.com` for github.com, `api.NAME.ghe.com` for a hosted enterprise, and below `/api/v3` of any other server. */
export function apiOf(source: GitSource): string {
  const server = new URL(serverOf(source));
  if (server.host === 'github.com' || server.host === 'www.github.com') return 'https://api.github.com';
  if (server.host === 'api.github.com') return server.origin;
  if (server.host.endsWith('.ghe.com')) return `${server.protocol}//api.${server.host.replace(/^api\./, '')}`;
  return `${server.href.replace(/\/+$/, '').replace(/\/api\/v3$/, '')}/api/v3`;
}

interface Access {
  readonly octokit: Octokit;
  readonly repository: { readonly owner: string; readonly repo: string; readonly baseUrl: string };
  readonly request: { readonly fetch: Fetch; readonly log: typeof silent };
}

async function ask({ kind, name, previous }: RefQuestion, access: Access): Promise<Head> {
  const validator = previous?.validator;
  try {
    const { data, headers } = await access.octokit.rest.repos.getCommit({
      ...access.repository,
      ref: `${refPrefixes[kind]}${name}`,
      mediaType: { format: 'sha' },
      headers: validator === undefined ? {} : { 'if-none-match': validator },
      request: access.request,
    });
    // With this media type the body is text, whatever octokit's types say.
    const text: unknown = data;
    const { etag } = headers;
    return foundHead(typeof text === 'string' ? text.trim() : text, etag === undefined ? {} : { etag }, 'GitHub');
  } catch (error) {
    return readFailure(error, previous);
  }
}

interface TreeQuestion {
  readonly id: string;
  readonly isDeep: boolean;
}

/** A tree, or that of a commit. octokit sees text, as with a sha. */
async function listTree({ id, isDeep }: TreeQuestion, access: Access): Promise<unknown> {
  try {
    const { data } = await access.octokit.rest.git.getTree({
      ...access.repository,
      tree_sha: id,
      ...(isDeep ? { recursive: '1' } : {}),
      request: access.request,
    });
    const text: unknown = data;
    return typeof text === 'string' ? parseJson(Buffer.from(text)) : text;
  } catch (error) {
    readFailure(error, undefined);
    throw unexpected('GitHub', 'does not have the commit that it just named');
  }
}

/** octokit throws what is no success: 304, a ref that is not there (422), a repository without commits (409). */
function readFailure(error: unknown, previous: RefQuestion['previous']): Head {
  if (error instanceof RetryableError || error instanceof TerminalError) throw error;
  if (!(error instanceof Error)) throw unexpected('GitHub', 'answered with something that cannot be read');
  if (error.cause instanceof Error) throw error.cause;
  const status = 'status' in error && 'response' in error ? error.status : undefined;
  if (status === 304) return unchangedHead(previous, 'GitHub');
  if (status === 409 || status === 422) return { kind: 'missing' };
  throw unexpected('GitHub', 'answered with something that cannot be read');
}
