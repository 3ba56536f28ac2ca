// Heads asked of GitLab's REST API: a branch or a tag for each want, conditionally.
import { Branches, Projects, Tags } from '@gitbeaker/rest';
import { RetryableError } from '../../platform/errors.ts';
import type { GitSource } from '../../watch/source.ts';
import { field, foundHead, headsOf, type RefQuestion, repositoryPath, unchangedHead, unexpected } from '../forge.ts';
import type { Head, PathIds } from '../observation.ts';
import type { Answer, FoundPaths, Ports, Provider, Question, WantedPaths } from '../provider.ts';
import { type TreeEntry, walkTree } from '../tree-walk.ts';
import { entryOf, listCounter } from '../trees-api.ts';
import { listPage, resourceOptions } from './requester.ts';

/** The provider for GitLab, SaaS and self-hosted. */
export function gitlabProvider(): Provider<GitSource> {
  return {
    driver: 'gitlab',
    conditional: true,
    observe(question: Question<GitSource>, ports: Ports): Promise<Answer> {
      const project = projectOf(question.source);
      return headsOf(question, ref => new ProjectQuestion(question, ports, project).ask(ref));
    },
    readPaths,
  };
}

function projectOf(source: GitSource): string {
  return source.projectId ?? repositoryPath(source);
}

const pageSize = 100;

/** Folder by folder: GitLab has no question for a path, and none for all that lies deep which would take fewer pages. */
async function readPaths(question: Question<GitSource>, wanted: WantedPaths, ports: Ports): Promise<FoundPaths> {
  const counted = listCounter('GitLab');
  const tree = `projects/${encodeURIComponent(projectOf(question.source))}/repository/tree`;
  const found = new Map<string, PathIds>();

  async function list(
    commit: string,
    folder: string,
    names: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, TreeEntry>> {
    const entries = new Map<string, TreeEntry>();
    for (let page = 1; ; page += 1) {
      counted();
      const query = new URLSearchParams({ path: folder, ref: commit, per_page: String(pageSize), page: String(page) });
      const listed = await listPage(question, ports, `${tree}?${query.toString()}`);
      for (const entry of listed) entries.set(...entryOf(entry, { name: 'name', id: 'id' }, 'GitLab'));
      if (listed.length < pageSize || [...names].every(name => entries.has(name))) return entries;
    }
  }

  for (const [commit, paths] of wanted) {
    found.set(commit, await walkTree(paths, (folder, names) => list(commit, folder.path, names)));
  }
  return found;
}

/** What gitbeaker gives with `showExpanded`, read as foreign data. */
interface Expanded {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: unknown;
}

const expanded = { showExpanded: true } as const;

class ProjectQuestion {
  private readonly question: Question<GitSource>;
  private readonly ports: Ports;
  private readonly project: string;

  constructor(question: Question<GitSource>, ports: Ports, project: string) {
    this.question = question;
    this.ports = ports;
    this.project = project;
  }

  async ask(ref: RefQuestion): Promise<Head> {
    if (ref.kind === 'tag') return this.readHead(await this.tag(ref), ref.previous);
    if (ref.kind === 'branch') return this.readHead(await this.branch(ref.name, ref.previous), ref.previous);
    return this.askDefault(ref.previous);
  }

  /** The default branch may have been renamed: its name is asked first, every time. */
  private async askDefault(before: RefQuestion['previous']): Promise<Head> {
    const projects = new Projects(resourceOptions(this.question, this.ports, undefined));
    const project: Expanded = await projects.show(this.project, expanded);
    if (project.status === 404) throw this.notFound();
    const name = field(project.data, 'default_branch');
    if (name === undefined) {
      throw new RetryableError('Forbidden', `GitLab shows the project ${this.project}, but not its code`);
    }
    // Null while the repository is empty.
    if (typeof name !== 'string' || name === '') return { kind: 'missing' };
    const ref = `refs/heads/${name}`;
    const previous = before?.ref === ref ? before : undefined;
    const head = this.readHead(await this.branch(name, previous), previous);
    return head.kind === 'found' ? { ...head, ref } : head;
  }

  private branch(name: string, previous: RefQuestion['previous']): Promise<Expanded> {
    return new Branches(resourceOptions(this.question, this.ports, previous?.validator)).show(
      this.project,
      name,
      expanded,
    );
  }

  private tag({ name, previous }: RefQuestion): Promise<Expanded> {
    return new Tags(resourceOptions(this.question, this.ports, previous?.validator)).show(this.project, name, expanded);
  }

  /** `commit.id` of a branch and of a tag alike; an annotated tag's own id is in `target`. */
  private readHead({ status, headers, data }: Expanded, previous: RefQuestion['previous']): Head {
    if (status === 304) return unchangedHead(previous, 'GitLab');
    if (status !== 404) return foundHead(field(data, 'commit', 'id'), headers, 'GitLab');
    const message = field(data, 'message');
    // The same status for a ref and for the whole project; only the words differ.
    if (typeof message !== 'string') throw unexpected('GitLab', 'answered 404 without saying what is not there');
    if (/\b(?:Branch|Tag|Repository) Not Found/i.test(message)) return { kind: 'missing' };
    throw this.notFound();
  }

  private notFound(): RetryableError {
    return new RetryableError(
      'NotFound',
      `GitLab has no project ${this.project}, or does not show it to this credential`,
    );
  }
}
