// Image references as people write them, taken apart: registry, repository, tag, digest.

/** A reference, canonical: Docker Hub's names are folded, the host is lower case, the default https port is dropped. */
export interface ImageReference {
  /** Host with optional port; Docker Hub is `registry-1.docker.io`. */
  readonly registry: string;
  readonly repository: string;
  /** Absent where none was written: `latest` is meant unless there is a digest. */
  readonly tag?: string;
  /** `sha256:...` or `sha512:...`. */
  readonly digest?: string;
}

/** Where Docker Hub really answers. */
const dockerHub = 'registry-1.docker.io';

/** The tag that is meant where a reference names neither tag nor digest. */
export const defaultTag = 'latest';

const hubNames = new Set(['docker.io', 'index.docker.io', 'registry.hub.docker.com', dockerHub]);
const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/;
const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const longestRepository = 255;

/** Whether this is a digest that a registry may name: `sha256:` and 64, or `sha512:` and 128 lower-case hex digits. */
export function isDigest(text: string): boolean {
  return digestPattern.test(text);
}

/** Whether this can be a tag: letters, digits, `_`, `.` and `-`, at most 128. */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/**
 * Takes an image reference apart. `error` says in one sentence what is wrong; it quotes the part at fault, but nothing of a reference
 * that could hold a user name or password.
 */
export function parseImage(text: string): ImageReference | { readonly error: string } {
  if (text === '') return { error: 'the image reference is empty' };
  if (/\s/.test(text)) return { error: 'the image reference contains white space' };
  if (text.includes('://')) return { error: 'the image reference must not begin with a scheme such as https://' };
  const [named, ...digests] = text.split('@');
  if (named === undefined || digests.length > 1) return { error: 'the image reference has more than one "@"' };
  const digest = digests[0];
  if (digest !== undefined && !isDigest(digest)) {
    return {
      error:
        'what follows "@" in the image reference is no digest (sha256: and 64 hex digits); no user name may stand there',
    };
  }
  const name = parseName(named);
  return 'error' in name || digest === undefined ? name : { ...name, digest };
}

function parseName(named: string): ImageReference | { readonly error: string } {
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  const hasHost = /[.:]/.test(first) || first.toLowerCase() !== first || first === 'localhost';
  const host = hasHost ? parseHost(first) : dockerHub;
  if (typeof host !== 'string') return host;
  const rest = hasHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const path = colon === -1 ? rest : rest.slice(0, colon);
  const tag = colon === -1 ? undefined : rest.slice(colon + 1);
  const bad = path.split('/').find(part => !pathPattern.test(part));
  if (bad !== undefined) return { error: repositoryError(path, bad) };
  if (tag !== undefined && !isTag(tag)) {
    return { error: `${quote(tag)} is no tag: letters, digits, "_", "." and "-", at most 128` };
  }
  const repository = host === dockerHub && !path.includes('/') ? `library/${path}` : path;
  if (repository.length > longestRepository)
    return { error: `the repository is longer than ${longestRepository} characters` };
  return { registry: host, repository, ...(tag === undefined ? {} : { tag }) };
}

/** A registry's name in the one spelling that `parseImage` gives, such as `registry-1.docker.io`; undefined for what is no host. */
export function registryName(written: string): string | undefined {
  const host = parseHost(written);
  return typeof host === 'string' ? host : undefined;
}

function parseHost(written: string): string | { readonly error: string } {
  const host = written.toLowerCase();
  const match = hostPattern.exec(host);
  const port = match?.[1];
  if (!match || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) {
    return { error: `${quote(written)} is no registry host` };
  }
  return canonicalHost(port === '443' ? host.slice(0, -4) : host);
}

/** A bare word would mean a repository of Docker Hub when it is written out again, so it keeps the port that makes it a host. */
function canonicalHost(host: string): string {
  if (hubNames.has(host)) return dockerHub;
  return /[.:]/.test(host) || host === 'localhost' ? host : `${host}:443`;
}

function repositoryError(path: string, bad: string): string {
  if (path === '') return 'the image reference names no repository';
  if (bad === '') return `${quote(path)} has an empty part between slashes`;
  if (bad.toLowerCase() !== bad) return `${quote(bad)} must be lower case`;
  return `${quote(bad)} is no part of a repository name`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
