// Logging in at a registry: Basic, Bearer tokens with a password, an identity token or anonymously. Tokens stay in this process.
import { RetryableError } from '../../platform/errors.ts';
import type { HttpRequest } from '../../platform/http/http.ts';
import type { Credential } from '../provider.ts';
import { isLoopback, type RegistryAccess, type RegistryPorts, transportOf } from './access.ts';
import { type Challenge, parseChallenges } from './challenge.ts';

/** What the registry said that it wants, and what we hold for it. */
interface Login {
  readonly challenge: Challenge;
  /** The value of the Authorization header. */
  readonly authorization: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A token without `expires_in` lives for a minute, as the token specification has it. */
const defaultLifeSeconds = 60;
const longestLifeSeconds = 24 * 3600;
const mostLogins = 20_000;
/** Registries take any user name beside a token; this one where the Secret holds none. */
const tokenUser = 'token';

/** The logins of one process, kept for each registry, repository, right and credential. */
export class Logins {
  private readonly kept = new Map<string, Login>();

  /**
   * The Authorization header to send, or undefined where the registry has not asked for one yet. An expired token is renewed at once,
   * without another refusal: registries count those.
   */
  async authorization(access: RegistryAccess, ports: RegistryPorts, signal?: AbortSignal): Promise<string | undefined> {
    const login = this.kept.get(keyOf(access));
    if (login === undefined || login.expiresAt > ports.now()) return login?.authorization;
    return this.enter(access, login.challenge, { ports, signal });
  }

  /**
   * Answers a 401. Returns the new Authorization header, or undefined where there is nothing to try: a Basic challenge without a
   * credential, or a scheme that nobody can answer.
   */
  async answer(
    access: RegistryAccess,
    header: string | undefined,
    context: { readonly ports: RegistryPorts; readonly signal: AbortSignal | undefined },
  ): Promise<string | undefined> {
    this.kept.delete(keyOf(access));
    const challenges = parseChallenges(header ?? '');
    const bearer = challenges.find(
      challenge => challenge.scheme === 'bearer' && challenge.params['realm'] !== undefined,
    );
    const challenge = bearer ?? challenges.find(({ scheme }) => scheme === 'basic');
    if (challenge === undefined) return undefined;
    return this.enter(access, challenge, context);
  }

  private async enter(
    access: RegistryAccess,
    challenge: Challenge,
    context: { readonly ports: RegistryPorts; readonly signal: AbortSignal | undefined },
  ): Promise<string | undefined> {
    if (challenge.scheme === 'basic' && access.credential === undefined) return undefined;
    const login =
      challenge.scheme === 'basic' && access.credential
        ? { challenge, authorization: basic(access.credential), expiresAt: Number.POSITIVE_INFINITY }
        : await fetchToken(access, challenge, context);
    this.keep(keyOf(access), login, context.ports.now());
    return login.authorization;
  }

  private keep(key: string, login: Login, now: number): void {
    this.kept.delete(key);
    if (this.kept.size >= mostLogins) this.drop(now);
    this.kept.set(key, login);
  }

  private drop(now: number): void {
    for (const [key, login] of this.kept) if (login.expiresAt <= now) this.kept.delete(key);
    for (const key of this.kept.keys()) {
      if (this.kept.size < mostLogins) return;
      this.kept.delete(key);
    }
  }
}

function keyOf(access: RegistryAccess): string {
  return [access.registry, access.repository, access.push === true ? 'push' : 'pull', access.credentialId].join('\n');
}

function basic({ username, password }: Credential): string {
  return `Basic ${Buffer.from(`${username ?? tokenUser}:${password}`, 'utf8').toString('base64')}`;
}

async function fetchToken(
  access: RegistryAccess,
  challenge: Challenge,
  { ports, signal }: { readonly ports: RegistryPorts; readonly signal: AbortSignal | undefined },
): Promise<Login> {
  const request = tokenRequest(access, challenge);
  const { body } = await ports.http.request({ ...request, ...(signal === undefined ? {} : { signal }) });
  const { token, seconds } = readToken(body, access.registry);
  const life = Math.min(Math.max(seconds, 1), longestLifeSeconds) * 1000;
  const margin = Math.min(10_000, life / 10);
  return { challenge, authorization: `Bearer ${token}`, expiresAt: ports.now() + life - margin };
}

function tokenRequest(access: RegistryAccess, challenge: Challenge): HttpRequest {
  const realm = realmOf(access, challenge);
  const scope =
    challenge.params['scope'] ?? `repository:${access.repository}:${access.push === true ? 'pull,push' : 'pull'}`;
  const service = challenge.params['service'];
  const asked = { ...(service === undefined ? {} : { service }), scope };
  const transport = transportOf(access);
  const { credential } = access;
  if (credential?.identityToken !== undefined) {
    refusePlainBody(access, realm);
    const form = {
      grant_type: 'refresh_token',
      client_id: 'revflow',
      ...asked,
      refresh_token: credential.identityToken,
    };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm.href, headers, body: new URLSearchParams(form).toString(), ...transport };
  }
  for (const [name, value] of Object.entries(asked)) realm.searchParams.set(name, value);
  const secretHeaders = credential === undefined ? {} : { authorization: basic(credential) };
  return { method: 'GET', url: realm.href, secretHeaders, ...transport };
}

function realmOf(access: RegistryAccess, challenge: Challenge): URL {
  const realm = challenge.params['realm'] ?? '';
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '')
    return url;
  throw unexpected(access.registry, 'named a token address (realm) that is no http or https URL');
}

/** The edge guards secret headers; an identity token travels in the body, so it is guarded here. */
function refusePlainBody(access: RegistryAccess, realm: URL): void {
  if (realm.protocol === 'https:' || access.plainCredentials === true || isLoopback(realm.host)) return;
  throw new RetryableError(
    'PlainHttpRefused',
    `the registry ${access.registry} wants its identity token sent to ${realm.host} over plain HTTP; that is refused`,
  );
}

function readToken(body: Uint8Array, registry: string): { readonly token: string; readonly seconds: number } {
  const answer = parseObject(body);
  const token = [answer?.['token'], answer?.['access_token']].find(value => typeof value === 'string' && value !== '');
  // A token with other characters would break out of the header.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw unexpected(registry, 'names a token address that answered without a usable token');
  }
  const seconds = Number(answer?.['expires_in'] ?? defaultLifeSeconds);
  return { token, seconds: Number.isFinite(seconds) ? seconds : defaultLifeSeconds };
}

function parseObject(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

function unexpected(registry: string, what: string): RetryableError {
  return new RetryableError('UnexpectedAnswer', `the registry ${registry} ${what}`);
}
