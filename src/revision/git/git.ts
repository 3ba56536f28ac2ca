// Heads asked of any smart-HTTP Git host: one protocol v2 ls-refs POST for all wants, without discovery where that is possible.
import type { HttpResponse } from '../../platform/http/http.ts';
import type { GitSource } from '../../watch/source.ts';
import type { Answer, Ports, Provider, Question } from '../provider.ts';
import { addressesOf, forgetWay, recallWay, rememberHost, rememberWay, type Way } from './address.ts';
import { parseAdvertisement } from './advertisement.ts';
import { type PackLimits, pathReader } from './paths.ts';
import { PacketError } from './pkt-line.ts';
import { headOf, lsRefsBody, parseLsRefs, type RemoteRef, refused } from './refs.ts';
import { discoveryOf, discoveryPath, isOfGit, postOf, redirects, refusals, unexpected } from './service.ts';

type Refs = ReadonlyMap<string, RemoteRef>;

/** Some MiB: a prefix may fit thousands of refs. */
const largestAnswer = 4 * 1024 * 1024;

/** The provider for Git hosts, forges included. Any want that Git could not name is missing. */
export function gitProvider(limits?: PackLimits): Provider<GitSource> {
  return {
    driver: 'git',
    conditional: false,
    async observe(question: Question<GitSource>, ports: Ports): Promise<Answer> {
      const refs = await new RefsQuestion(question, ports).ask();
      return { heads: Object.fromEntries(question.wants.map(want => [want, headOf(want, refs)])) };
    },
    readPaths: pathReader(limits),
  };
}

class RefsQuestion {
  private readonly question: Question<GitSource>;
  private readonly ports: Ports;

  constructor(question: Question<GitSource>, ports: Ports) {
    this.question = question;
    this.ports = ports;
  }

  async ask(): Promise<Refs> {
    const way = await recallWay(this.question, this.ports);
    const [usual, other] = addressesOf(this.question.source);
    const isUsual = way.base === usual;
    if (isUsual && other === undefined) return this.certain(way);
    const refs = await this.askAt(way, [404]);
    if (refs !== 'absent') return refs;
    if (isUsual) {
      const second = { ...way, base: other ?? usual };
      const found = await this.certain(second);
      await rememberWay(this.question, this.ports, second);
      return found;
    }
    // It moved again, or moved back: the address that the user wrote decides.
    await forgetWay(this.question, this.ports);
    return this.certain({ ...way, base: usual });
  }

  private async certain(way: Way): Promise<Refs> {
    const refs = await this.askAt(way, []);
    if (refs === 'absent') throw this.unexpected('answered a question that was not asked');
    return refs;
  }

  /** The bare POST, and discovery where that does not do. `absent` only for a status in `absences`. */
  private async askAt(way: Way, absences: readonly number[]): Promise<Refs | 'absent'> {
    if (way.discover) return this.discover(way, absences);
    const response = await this.post(way, [...refusals, ...absences]);
    if (absences.includes(response.status)) return 'absent';
    const isRefusal = refusals.includes(response.status);
    const isAnswer = !isRefusal && !redirects.includes(response.status);
    const refs = isAnswer ? this.read(response, 'result', parseLsRefs) : refused;
    return refs === refused ? this.discover({ ...way, isRefusal }, absences) : refs;
  }

  /** One GET that tells where the repository is and what the server speaks; of an old server it holds the refs. */
  private async discover(
    way: Way & { readonly isRefusal?: boolean },
    absences: readonly number[],
  ): Promise<Refs | 'absent'> {
    const response = await this.ports.http.request(discoveryOf(this.question, way.base), absences);
    if (absences.includes(response.status)) return 'absent';
    const advertised = this.read(response, 'advertisement', parseAdvertisement);
    if (advertised === refused) throw this.unexpected('refuses to say what it has');
    const base = this.baseOf(response.url);
    if (advertised.version === 0) {
      if (!way.discover) await rememberHost(this.question, this.ports, 0);
      return advertised.refs;
    }
    const found = { base, format: advertised.format, discover: false };
    const answer = await this.post(found, []);
    if (redirects.includes(answer.status)) throw this.unexpected('redirects from the address that it named itself');
    const refs = this.read(answer, 'result', parseLsRefs);
    if (refs === refused) throw this.unexpected('offers protocol v2 and does not answer it');
    if (way.isRefusal === true) await rememberHost(this.question, this.ports, 2);
    if (base !== way.base || found.format !== way.format) await rememberWay(this.question, this.ports, found);
    return refs;
  }

  private post(way: Way, accept: readonly number[]): Promise<HttpResponse> {
    const body = lsRefsBody(this.question.wants, way.format);
    return this.ports.http.request(postOf(this.question, way.base, { body, maxBytes: largestAnswer }), accept);
  }

  private read<T>(response: HttpResponse, kind: 'result' | 'advertisement', parse: (body: Uint8Array) => T): T {
    if (!isOfGit(response, kind)) {
      throw this.unexpected(
        "answered with something that is not Git's smart protocol; is this a repository's address?",
      );
    }
    try {
      return parse(response.body);
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
      throw this.unexpected(`answered with a list of refs that cannot be read: ${error.message}`);
    }
  }

  private baseOf(url: string): string {
    const { origin, pathname } = new URL(url);
    if (!pathname.endsWith(discoveryPath)) throw this.unexpected("redirects to what is no repository's address");
    return origin + pathname.slice(0, -discoveryPath.length);
  }

  private unexpected(what: string): Error {
    return unexpected(this.question, what);
  }
}
