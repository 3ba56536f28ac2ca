// The ids of paths in commits, over the Git protocol: a shallow fetch of the commits with the trees on the way, and nothing else.
import { RetryableError } from '../../platform/errors.ts';
import type { GitSource } from '../../watch/source.ts';
import type { PathIds } from '../observation.ts';
import type { FoundPaths, Ports, Provider, Question, WantedPaths } from '../provider.ts';
import { walkTree } from '../tree-walk.ts';
import { recallWay, type Way } from './address.ts';
import { parseAdvertisement } from './advertisement.ts';
import { PackError } from './delta.ts';
import { fetchBody, gone, oldFetchBody, packOf } from './fetch.ts';
import { type PackedObject, readPack } from './pack.ts';
import { PacketError } from './pkt-line.ts';
import { refused } from './refs.ts';
import { discoveryOf, isOfGit, postOf, redirects, refusals, unexpected } from './service.ts';
import { TreesOfCommits } from './trees.ts';

/**
 * How much a server is asked to send. `depth`: the folders as deep as the paths lie. `files`: all folders. `walk`: the folders on the way
 * alone, one level after the other. `none`: everything, from servers that know no filters.
 */
type Filtering = 'depth' | 'files' | 'walk' | 'none';
type Failure = 'refused' | 'large';

/** What is tried when a server refuses a question, or its answer is too large. */
const instead: Readonly<Record<Filtering, Partial<Record<Failure, Filtering>>>> = {
  depth: { refused: 'files', large: 'walk' },
  files: { refused: 'none', large: 'walk' },
  walk: { refused: 'none' },
  none: {},
};

/** How many bytes are read of an answer. */
export interface PackLimits {
  /** Of trees alone. */
  readonly trees: number;
  /** Of a whole commit, files and all. */
  readonly whole: number;
}

/** The trees of some ten thousand folders; files may make any size. */
const usualLimits: PackLimits = { trees: 4 * 1024 * 1024, whole: 16 * 1024 * 1024 };
const timeoutMs = 30_000;
/** Folders do not lie deeper than that, and nobody waits for so many answers. */
const mostRounds = 64;
const rememberedMs = 24 * 60 * 60_000;

type Objects = ReadonlyMap<string, PackedObject>;

/** How a server is asked. */
interface Asking extends Way {
  /** It does not speak protocol v2. */
  readonly isOld: boolean;
}

type ReadPaths = NonNullable<Provider<GitSource>['readPaths']>;

/** Reads the ids of all paths of all commits; see the contract of `readPaths`. */
export function pathReader(limits: PackLimits = usualLimits): ReadPaths {
  return (question, wanted, ports) => new PathsQuestion({ question, wanted, ports }, limits).ask();
}

interface Asked {
  readonly question: Question<GitSource>;
  readonly wanted: WantedPaths;
  readonly ports: Ports;
}

class PathsQuestion {
  private readonly question: Question<GitSource>;
  private readonly wanted: WantedPaths;
  private readonly ports: Ports;
  private readonly limits: PackLimits;

  constructor({ question, wanted, ports }: Asked, limits: PackLimits) {
    this.question = question;
    this.wanted = wanted;
    this.ports = ports;
    this.limits = limits;
  }

  async ask(): Promise<FoundPaths> {
    const way = await recallWay(this.question, this.ports);
    const asking = { ...way, isOld: way.discover && (await this.isOld(way)) };
    const first = await this.recall();
    for (let filtering = first; ; ) {
      const objects = await this.read(asking, filtering);
      if (typeof objects !== 'string') {
        if (filtering !== first) await this.remember(filtering);
        return this.find(objects, asking);
      }
      const next = instead[filtering][objects];
      if (next === undefined) throw this.hopeless(objects);
      filtering = next;
    }
  }

  /** Servers without v2, and those that want a GET before each POST. */
  private async isOld(way: Way): Promise<boolean> {
    const response = await this.ports.http.request(discoveryOf(this.question, way.base));
    if (!isOfGit(response, 'advertisement')) throw unexpected(this.question, 'tells nothing of what it speaks');
    const advertised = this.reading(() => parseAdvertisement(response.body));
    return advertised !== refused && advertised.version === 0;
  }

  private read(asking: Asking, filtering: Filtering): Promise<Objects | Failure> {
    if (filtering === 'walk') return this.walk(asking);
    const depths = [...this.wanted.values()].flatMap(paths => paths.map(path => path.split('/').length));
    const filters = { depth: `combine:blob:none+tree:${Math.max(...depths)}`, files: 'blob:none', none: undefined };
    const ids = [...this.wanted.keys()];
    return this.fetchObjects(asking, {
      ids,
      filter: filters[filtering],
      maxBytes: filtering === 'none' ? this.limits.whole : this.limits.trees,
    });
  }

  /** Each round brings the trees of one level. */
  private async walk(asking: Asking): Promise<Objects | Failure> {
    const objects = new Map<string, PackedObject>();
    const trees = new TreesOfCommits(objects, asking.format);
    let rounds = 0;
    for (let ids: readonly string[] = [...this.wanted.keys()]; ids.length > 0; ) {
      rounds += 1;
      if (rounds > mostRounds) return 'large';
      const some = await this.fetchObjects(asking, { ids, filter: 'tree:0', maxBytes: this.limits.trees });
      if (typeof some === 'string') return some;
      // Whatever else was sent is not kept: each round might bring some MiB of it.
      for (const id of ids) {
        const object = some.get(id);
        if (object === undefined) throw unexpected(this.question, 'leaves out trees that it was asked for');
        objects.set(id, object);
      }
      ids = this.reading(() => trees.missing(this.wanted));
    }
    return objects;
  }

  private async fetchObjects(
    asking: Asking,
    {
      ids,
      filter,
      maxBytes,
    }: { readonly ids: readonly string[]; readonly filter: string | undefined; readonly maxBytes: number },
  ): Promise<Objects | Failure> {
    const { isOld, base, format } = asking;
    const body = (isOld ? oldFetchBody : fetchBody)({ ids, filter, format });
    const post = { ...postOf(this.question, base, { body, maxBytes, isOld }), timeoutMs };
    const response = await this.ports.http.request(post, refusals).catch(largeOrThrow);
    if (response === 'large') return 'large';
    if (refusals.includes(response.status)) return 'refused';
    if (redirects.includes(response.status)) throw unexpected(this.question, 'has moved the repository just now');
    if (!isOfGit(response, 'result'))
      throw unexpected(this.question, 'answered a question for trees with something else');
    const pack = this.reading(() => packOf(response.body));
    if (pack === refused) return 'refused';
    if (pack === gone) throw unexpected(this.question, 'does not have the commit that it just named');
    const objects = this.reading(() => readPack(pack, format));
    return objects === 'too large' ? 'large' : objects;
  }

  private async find(objects: Objects, { format }: Asking): Promise<FoundPaths> {
    const trees = new TreesOfCommits(objects, format);
    const found = new Map<string, PathIds>();
    for (const [commit, paths] of this.wanted) {
      const root = this.reading(() => trees.rootOf(commit));
      found.set(commit, await walkTree(paths, async ({ id = root }) => this.reading(() => trees.entries(id))));
    }
    return found;
  }

  private reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof PacketError || error instanceof PackError)) throw error;
      throw unexpected(this.question, `answered with trees that cannot be read: ${error.message}`);
    }
  }

  private hopeless(failure: Failure): RetryableError {
    if (failure === 'refused') return unexpected(this.question, 'does not answer a question for trees');
    const message = `what ${new URL(this.question.source.url).host} sends of a commit is too large to be looked through`;
    return new RetryableError('AnswerTooLarge', message);
  }

  private async recall(): Promise<Filtering> {
    const known = await Promise.all(this.memoryKeys.map(key => this.ports.memory.get(key)));
    const isFiltering = (word: string | undefined): word is Filtering =>
      word !== undefined && Object.hasOwn(instead, word);
    return known.find(isFiltering) ?? 'depth';
  }

  /** What a server knows of filters is the same for all its repositories; the rest is a repository's own. */
  private async remember(filtering: Filtering): Promise<void> {
    const [own, hosts] = this.memoryKeys;
    await this.ports.memory.set(filtering === 'files' ? hosts : own, filtering, rememberedMs);
  }

  private get memoryKeys(): readonly [own: string, hosts: string] {
    const { source, credentialId } = this.question;
    const prefix = `git:filter:${credentialId}:${source.skipVerify === true ? 'unverified:' : ''}`;
    return [`${prefix}${source.url}`, `${prefix}${new URL(source.url).host}`];
  }
}

function largeOrThrow(error: unknown): 'large' {
  if (error instanceof RetryableError && error.reason === 'AnswerTooLarge') return 'large';
  throw error;
}
