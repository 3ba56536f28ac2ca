// Heads asked of Gitee's v5 API: one request for a branch; tags are searched in the list, for there is no question for one.
import { RetryableError } from '../../platform/errors.ts';
import type { HttpResponse } from '../../platform/http/http.ts';
import type { GitSource } from '../../watch/source.ts';
import {
  field,
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
import { transportOf } from '../transport.ts';
import { largestTree, readListed } from '../trees-api.ts';

const pageSize = 100;
const mostPages = 20;

/** The provider for Gitee. */
export function giteeProvider(): Provider<GitSource> {
  return {
    driver: 'gitee',
    // It documents no conditional requests; an ETag that comes along is used all the same.
    conditional: false,
    observe(question: Question<GitSource>, ports: Ports): Promise<Answer> {
      const repository = new RepositoryQuestion(question, ports, baseOf(question.source));
      return headsOf(question, ref => repository.ask(ref));
    },
    readPaths(question: Question<GitSource>, wanted: WantedPaths, ports: Ports): Promise<FoundPaths> {
      const repository = new RepositoryQuestion(question, ports, baseOf(question.source));
      return readListed(wanted, { forge: 'Gitee', list: (id, isDeep) => repository.tree(id, isDeep) });
    },
  };
}

function baseOf(source: GitSource): string {
  const { owner, name } = ownerAndName(source);
  return `${serverOf(source)}/api/v5/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
}

class RepositoryQuestion {
  private readonly question: Question<GitSource>;
  private readonly ports: Ports;
  private readonly base: string;

  constructor(question: Question<GitSource>, ports: Ports, base: string) {
    this.question = question;
    this.ports = ports;
    this.base = base;
  }

  async ask({ kind, name, previous }: RefQuestion): Promise<Head> {
    if (kind === 'tag') return this.tag(name);
    if (kind === 'branch') return this.branch(name, previous);
    const main = await this.defaultBranch();
    if (main === undefined) return { kind: 'missing' };
    const ref = `refs/heads/${main}`;
    const head = await this.branch(main, previous?.ref === ref ? previous : undefined);
    return head.kind === 'found' ? { ...head, ref } : head;
  }

  /** A tree, or that of a commit. */
  async tree(id: string, isDeep: boolean): Promise<unknown> {
    const { body } = await this.get(`/git/trees/${id}${isDeep ? '?recursive=1' : ''}`, { maxBytes: largestTree });
    return parseJson(body);
  }

  private async branch(name: string, previous: RefQuestion['previous']): Promise<Head> {
    const response = await this.get(`/branches/${encodeURIComponent(name)}`, { validator: previous?.validator }, [404]);
    if (response.status === 304) return unchangedHead(previous, 'Gitee');
    if (response.status === 404) return this.missing();
    return foundHead(field(parseJson(response.body), 'commit', 'sha'), response.headers, 'Gitee');
  }

  private async tag(name: string): Promise<Head> {
    for (let page = 1; page <= mostPages; page += 1) {
      const { body } = await this.get(`/tags?sort=updated&direction=desc&page=${page}&per_page=${pageSize}`);
      const tags: unknown = parseJson(body);
      if (!Array.isArray(tags)) throw unexpected('Gitee', 'answered with something that is no list of tags');
      const tag: unknown = tags.find(one => field(one, 'name') === name);
      if (tag !== undefined) return foundHead(field(tag, 'commit', 'sha'), {}, 'Gitee');
      if (tags.length < pageSize) return { kind: 'missing' };
    }
    throw new RetryableError(
      'AnswerTooLarge',
      `Gitee lists more than ${mostPages * pageSize} tags before the one that is wanted; name a branch instead`,
    );
  }

  /** The status is the same when the whole repository is not there, or not shown: one more question tells. */
  private async missing(): Promise<Head> {
    await this.get('');
    return { kind: 'missing' };
  }

  private async defaultBranch(): Promise<string | undefined> {
    const { body } = await this.get('');
    const repository = parseJson(body);
    if (field(repository, 'full_name') === undefined) throw unexpected('Gitee', 'answered with no repository');
    const name = field(repository, 'default_branch');
    return typeof name === 'string' && name !== '' ? name : undefined;
  }

  private get(
    path: string,
    { validator, maxBytes }: { readonly validator?: string | undefined; readonly maxBytes?: number } = {},
    accept: readonly number[] = [],
  ): Promise<HttpResponse> {
    const { credential } = this.question;
    return this.ports.http.request(
      {
        ...transportOf(this.question),
        method: 'GET',
        url: `${this.base}${path}`,
        ...(maxBytes === undefined ? {} : { maxBytes }),
        headers: {
          accept: 'application/json',
          ...(validator === undefined ? {} : { 'if-none-match': validator }),
        },
        // In a header: a query ends up in logs, a header does not.
        ...(credential ? { secretHeaders: { authorization: `token ${credential.password}` } } : {}),
      },
      accept,
    );
  }
}
