// Addresses of Git repositories as people write them, turned into the one https (or http) address that is polled.

/** A repository's address. */
export interface GitUrl {
  /** `https://` or `http://`, lower-case host, no userinfo, no default port, no trailing slash, no `.git`. */
  readonly url: string;
  /** It was written for ssh; the host's web address may be another one. */
  readonly ssh: boolean;
  /** The port that ssh would use, where it is neither 22 nor 443; https does not use it. */
  readonly sshPort?: string;
}

/** The only user that may stand in an address; any other may be a token. */
const plainUser = 'git';
const scpPattern = /^(?:([^@/\\]*)@)?(\[[0-9a-fA-F:.]+\]|[^:/\\@[\]]+):([^:].*)$/;
const longestUrl = 2048;

/** Names under which public forges take ssh on port 443, and where they speak https. */
const webHosts: Readonly<Record<string, string>> = {
  'ssh.github.com': 'github.com',
  'altssh.gitlab.com': 'gitlab.com',
  'altssh.bitbucket.org': 'bitbucket.org',
};

const unreadable = 'must be an address such as https://host/owner/repository or git@host:owner/repository';
const userRefused = `must carry no user but ${plainUser}@ and no password: a credential belongs into the Secret that spec.build.srcRepo.credentials names`;

/**
 * Reads `https://`, `http://`, `ssh://` and `git@host:path` addresses. `error` is a sentence without subject; it quotes nothing of the
 * address, which may hold a token.
 */
export function parseGitUrl(text: string): GitUrl | { readonly error: string } {
  if (text.length > longestUrl) return { error: `is longer than ${longestUrl} characters` };
  if (/[\s\p{Cc}]/u.test(text)) return { error: 'must not contain white space' };
  if (!text.isWellFormed()) return { error: 'is no text in Unicode' };
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? parseUrl(text) : parseScp(text);
}

function parseScp(text: string): GitUrl | { readonly error: string } {
  const scp = scpPattern.exec(text);
  if (scp === null) return { error: text.includes('@') ? userRefused : unreadable };
  const [, user, host = '', path = ''] = scp;
  // `me:password@host/path` is an address that lost its scheme.
  if (user === undefined ? /^[^/]*@/.test(path) : user !== plainUser) return { error: userRefused };
  // `host:8080/path` and `https:/host/path` are addresses that somebody broke.
  const broken =
    path.includes('\\') ||
    (user === undefined && (/^\d+(?:\/|$)/.test(path) || /^(?:https?|ssh|file|git|ftp)$/i.test(host)));
  const url = broken ? null : URL.parse(`https://${host}/`);
  if (url === null || url.username !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return { error: unreadable };
  }
  return finish(url, path.split('/').map(encodeURIComponent).join('/'), { ssh: true });
}

function parseUrl(text: string): GitUrl | { readonly error: string } {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, colon).toLowerCase();
  const ssh = ['ssh', 'git+ssh', 'ssh+git'].includes(scheme);
  if (!ssh && scheme !== 'https' && scheme !== 'http') {
    return { error: 'must begin with https://, http:// or ssh://, or be git@host:path' };
  }
  // The parser leaves foreign schemes as they are: read as https, an ssh address is folded like any other.
  // Where a host is missing, it would take the first part of the path for one.
  const url = /\\|:\/{3}/.test(text) ? null : URL.parse(ssh ? `https${text.slice(colon)}` : text);
  if (url === null) return { error: text.includes('@') ? userRefused : unreadable };
  if (url.password !== '' || ![plainUser, ''].includes(url.username)) return { error: userRefused };
  if (/[?#]/.test(text)) return { error: 'must have no query and no fragment (write # as %23 and ? as %3F)' };
  const { port } = url;
  if (ssh) url.port = '';
  return finish(url, url.pathname, { ssh, ...(ssh && port !== '' && port !== '22' ? { sshPort: port } : {}) });
}

function finish(url: URL, path: string, rest: Omit<GitUrl, 'url'>): GitUrl | { readonly error: string } {
  const parts = canonicalParts(path);
  if (parts === undefined) return { error: 'has a percent sign that encodes nothing' };
  if (parts.length === 0) return { error: 'names no repository behind the host' };
  const hostname = url.hostname.replace(/(?<=.)\.$/, '');
  const web = rest.ssh && Object.hasOwn(webHosts, hostname) ? (webHosts[hostname] ?? hostname) : hostname;
  const host = url.port === '' ? web : `${web}:${url.port}`;
  return { url: `${url.protocol}//${host}/${parts.join('/')}`, ...rest };
}

/** Path segments in one spelling: decoded and encoded again, without empty ones, without `.git` at the end. */
function canonicalParts(path: string): readonly string[] | undefined {
  const parts: string[] = [];
  for (const raw of path.split('/')) {
    if (raw === '' || raw === '.') continue;
    const part = recode(raw);
    if (part === undefined) return undefined;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  const last = parts.pop();
  if (last !== undefined) parts.push(last.replace(/(?<=[^.])(?:\.git)+$/, ''));
  return parts;
}

/** Encodes what must be encoded in a segment, and nothing else. */
function recode(part: string): string | undefined {
  try {
    const encoded = encodeURIComponent(decodeURIComponent(part));
    return encoded.replaceAll(/%(?:40|3A|2B|24|26|2C|3B|3D)/g, code => decodeURIComponent(code));
  } catch {
    return undefined;
  }
}
