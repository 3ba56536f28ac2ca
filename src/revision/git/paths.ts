// The ids of paths in commits, over the Git protocol: one shallow fetch of the commits with the trees on the way, and nothing else.
import { RetryableError } from '../../platform/errors.ts';
import type { GitSource } from '../../watch/source.ts';
import type { PathIds } from '../observation.ts';
import type { FoundPaths, Ports, Question, WantedPaths } from '../provider.ts';
import { walkTree } from '../tree-walk.ts';
import { recallWay, type Way } from './address.ts';
import { parseAdvertisement } from './advertisement.ts';
import { PackError } from './delta.ts';
import { type Filter, fetchBody, gone, oldFetchBody, packOf } from './fetch.ts';
import { type PackedObject, readPack } from './pack.ts';
import { PacketError } from './pkt-line.ts';
import { type ObjectFormat, refused } from './refs.ts';
import { discoveryOf, isOfGit, postOf, redirects, refusals, unexpected } from './service.ts';
import { entriesOf, rootOf } from './tree.ts';

/** Trees of folders with hundreds of entries are some kB; a pack of all files, where a server knows no filters, may be anything. */
const largestPack = 16 * 1024 * 1024;
const timeoutMs = 30_000;
const rememberedMs = 24 * 60 * 60_000;

type Objects = ReadonlyMap<string, PackedObject>;
type Filtering = 'depth' | 'files' | 'none';

/** From the least that a server sends to the most; one that a host refuses is not tried there again for a day. */
const filterings: readonly Filtering[] = ['depth', 'files', 'none'];

/** Reads the ids of all paths of all commits; see the contract of `readPaths`. */
export async function readPaths(question: Question<GitSource>, wanted: WantedPaths, ports: Ports): Promise<FoundPaths> {
  return new PathsQuestion(question, wanted, ports).ask();
}

class PathsQuestion {
  private readonly question: Question<GitSource>;
  private readonly wanted: WantedPaths;
  private readonly ports: Ports;

  constructor(question: Question<GitSource>, wanted: WantedPaths, ports: Ports) {
    this.question = question;
    this.wanted = wanted;
    this.ports = ports;
  }

  async ask(): Promise<FoundPaths> {
    const way = await recallWay(this.question, this.ports);
    const isOld = way.discover && (await this.isOld(way));
    const first = await this.firstFiltering();
    for (const filtering of filterings.slice(first)) {
      const objects = await this.fetchTrees({ ...way, isOld }, filtering);
      if (objects === refused) continue;
      if (filtering !== filterings[first]) await this.ports.memory.set(this.memoryKey, filtering, rememberedMs);
      return this.find(objects, way.format);
    }
    throw unexpected(this.question, 'does not answer a question for trees');
  }

  /** Servers without v2, and those that want a GET before each POST. */
  private async isOld(way: Way): Promise<boolean> {
    const response = await this.ports.http.request(discoveryOf(this.question, way.base));
    if (!isOfGit(response, 'advertisement')) throw unexpected(this.question, 'tells nothing of what it speaks');
    const advertised = this.reading(() => parseAdvertisement(response.body));
    return advertised !== refused && advertised.version === 0;
  }

  private async fetchTrees(
    way: Way & { readonly isOld: boolean },
    filtering: Filtering,
  ): Promise<Objects | typeof refused> {
    const { http } = this.ports;
    const asked = { commits: [...this.wanted.keys()], filter: this.filterOf(filtering), format: way.format };
    const body = way.isOld ? oldFetchBody(asked) : fetchBody(asked);
    const post = postOf(this.question, way.base, { body, maxBytes: largestPack, isOld: way.isOld });
    const response = await http.request({ ...post, timeoutMs }, refusals);
    if (refusals.includes(response.status)) return refused;
    if (redirects.includes(response.status)) throw unexpected(this.question, 'has moved the repository just now');
    if (!isOfGit(response, 'result'))
      throw unexpected(this.question, 'answered a question for trees with something else');
    const pack = this.reading(() => packOf(response.body));
    if (pack === refused) return refused;
    if (pack === gone) throw unexpected(this.question, 'does not have the commit that it just named');
    const objects = this.reading(() => readPack(pack, way.format));
    if (objects !== 'too large') return objects;
    throw new RetryableError('AnswerTooLarge', `the trees of ${this.question.source.url} are too many to be compared`);
  }

  private filterOf(filtering: Filtering): Filter {
    if (filtering === 'none') return undefined;
    if (filtering === 'files') return 'blob:none';
    const depths = [...this.wanted.values()].flatMap(paths => paths.map(path => path.split('/').length));
    return `combine:blob:none+tree:${Math.max(...depths)}`;
  }

  private async find(objects: Objects, format: ObjectFormat): Promise<FoundPaths> {
    const found = new Map<string, PathIds>();
    const idLength = format === 'sha1' ? 20 : 32;
    for (const [commit, paths] of this.wanted) {
      const root = this.reading(() => rootOf(this.contentOf(objects, commit)));
      const list = async ({ id = root }) => this.reading(() => entriesOf(this.contentOf(objects, id), idLength));
      found.set(commit, await walkTree(paths, list));
    }
    return found;
  }

  private contentOf(objects: Objects, id: string): Buffer {
    const object = objects.get(id);
    if (object === undefined) throw new PackError('an object that was asked for is missing');
    return object.content;
  }

  private reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof PacketError || error instanceof PackError)) throw error;
      throw unexpected(this.question, `answered with trees that cannot be read: ${error.message}`);
    }
  }

  private async firstFiltering(): Promise<number> {
    const known = await this.ports.memory.get(this.memoryKey);
    return Math.max(
      filterings.findIndex(filtering => filtering === known),
      0,
    );
  }

  /** Servers of one host are alike, and a repository may be set up in its own way: the repository is what is remembered. */
  private get memoryKey(): string {
    const { source, credentialId } = this.question;
    return `git:filter:${credentialId}:${source.skipVerify === true ? 'unverified:' : ''}${source.url}`;
  }
}
