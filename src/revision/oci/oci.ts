// Image tags asked of OCI registries: one HEAD for a tag; a GET only where the registry refuses that.
import { RetryableError } from '../../platform/errors.ts';
import type { HttpResponse } from '../../platform/http/http.ts';
import { isDigest, isTag } from '../../watch/image.ts';
import { type ImageSource, sourceTls, type Want } from '../../watch/source.ts';
import { type Head, ofWant } from '../observation.ts';
import type { Answer, Ports, Provider, Question } from '../provider.ts';
import type { RegistryAccess } from './access.ts';
import { acceptManifests, hasDigest, manifestDigest } from './media-types.ts';
import { Registries } from './registry.ts';

/** Statuses of a registry that refuses HEAD for manifests. */
const headRefused = [405, 501];
const rememberedMs = 24 * 60 * 60_000;
/** The size that registries must accept for a manifest. */
const largestManifest = 4 * 1024 * 1024;

/** The provider for image tags. Tokens live as long as it does: one for each process. */
export function ociProvider(): Provider<ImageSource> {
  const registries = new Registries();
  return {
    driver: 'oci',
    conditional: true,
    async observe(question: Question<ImageSource>, ports: Ports): Promise<Answer> {
      const heads: [Want, Head][] = [];
      for (const tag of question.wants) heads.push([tag, await new TagQuestion(registries, question, ports).ask(tag)]);
      return { heads: Object.fromEntries(heads) };
    },
  };
}

class TagQuestion {
  private readonly access: RegistryAccess;
  private readonly registries: Registries;
  private readonly question: Question<ImageSource>;
  private readonly ports: Ports;

  constructor(registries: Registries, question: Question<ImageSource>, ports: Ports) {
    const { source, credential, credentialId } = question;
    this.registries = registries;
    this.question = question;
    this.ports = ports;
    this.access = {
      registry: source.registry,
      repository: source.repository,
      credential,
      credentialId,
      tls: sourceTls(source, credential?.ca),
      ...(source.plainCredentials === true ? { plainCredentials: true } : {}),
    };
  }

  async ask(tag: Want): Promise<Head> {
    if (!isTag(tag)) return { kind: 'missing' };
    const getOnly = `oci:get:${this.access.registry}`;
    const asksWithGet = (await this.ports.memory.get(getOnly)) !== undefined;
    const head = asksWithGet ? undefined : this.readHead(await this.send('HEAD', tag), tag);
    if (head !== undefined) return head;
    const found = this.readGet(await this.send('GET', tag), tag);
    // Refusing HEAD, or answering it without a digest, is a trait of the registry, not of the tag.
    if (!asksWithGet) await this.ports.memory.set(getOnly, 'yes', rememberedMs);
    return found;
  }

  private send(method: 'HEAD' | 'GET', tag: Want): Promise<HttpResponse> {
    const previous = this.previous(tag);
    const validator = previous?.validator;
    return this.registries.request(this.access, this.ports, {
      method,
      path: `manifests/${encodeURIComponent(tag)}`,
      headers: { accept: acceptManifests, ...(validator === undefined ? {} : { 'if-none-match': validator }) },
      accept: method === 'HEAD' ? [404, ...headRefused] : [404],
      maxBytes: largestManifest,
      signal: this.question.signal,
      ...(this.question.fresh === true ? { fresh: true } : {}),
    });
  }

  /** What was seen before; nothing for a second opinion, which is asked unconditionally. */
  private previous(tag: Want): Extract<Head, { kind: 'found' }> | undefined {
    const head = this.question.fresh === true ? undefined : ofWant(this.question.previous, tag);
    return head?.kind === 'found' ? head : undefined;
  }

  /** What status and headers tell; undefined where the body is needed. */
  private readHead({ status, headers }: HttpResponse, tag: Want): Head | undefined {
    if (status === 404) return { kind: 'missing' };
    const digest = headers['docker-content-digest'];
    if (status === 304) return this.unchanged(tag, digest);
    if (headRefused.includes(status) || digest === undefined || !isDigest(digest)) return undefined;
    return found(digest, headers);
  }

  private readGet({ status, headers, body }: HttpResponse, tag: Want): Head {
    if (status === 404) return { kind: 'missing' };
    const named = headers['docker-content-digest'];
    if (status === 304) return this.unchanged(tag, named);
    const digest = manifestDigest(body);
    if (digest === undefined) throw this.unexpected('answered the question for a manifest with something that is none');
    if (named === undefined || !isDigest(named)) return found(digest, headers);
    if (hasDigest(body, named)) return found(named, headers);
    throw this.unexpected(`says that the manifest has the digest ${named}, and sent another manifest`);
  }

  private unchanged(tag: Want, digest: string | undefined): Head {
    const previous = this.previous(tag);
    if (previous?.validator === undefined) throw this.unexpected('says that nothing changed, and was not asked that');
    const { id, validator } = previous;
    if (digest === undefined || digest === id) return { kind: 'found', id, validator };
    throw this.unexpected('says that nothing changed, and names another digest than before');
  }

  private unexpected(what: string): RetryableError {
    const { registry, repository } = this.access;
    return new RetryableError('UnexpectedAnswer', `the registry ${registry} ${what} (${repository})`);
  }
}

function found(id: string, headers: HttpResponse['headers']): Head {
  const validator = headers['etag'];
  return { kind: 'found', id, ...(validator === undefined ? {} : { validator }) };
}
