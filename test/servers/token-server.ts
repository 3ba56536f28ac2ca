// A registry's token server: Basic or an identity token in, a signed token for docker-registry out. Counts what it was asked.
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { selfSigned } from './certificate.ts';

/** What one answer may look like instead of the ordinary one. */
interface TokenManners {
  /** The field that holds the token; registries use either. */
  readonly field?: 'token' | 'access_token';
  /** `expires_in`, and how long the token really lives. Seconds. */
  readonly lifeSeconds?: number;
  /** Refuse whoever gives no password. */
  readonly anonymous?: boolean;
}

interface TokenRequest {
  readonly method: string;
  readonly url: string;
  readonly user: string | undefined;
}

export interface TokenServer {
  readonly realm: string;
  /** PEM of the certificate whose key signs the tokens. */
  readonly certificate: string;
  readonly requests: readonly TokenRequest[];
  manners: TokenManners;
  /** The identity token that a POST may bring. */
  readonly identityToken: string;
  setPassword(password: string): void;
  /** Forgets what it was asked. */
  forget(): void;
  close(): Promise<void>;
}

/** Starts one on 127.0.0.1; the user is `revflow`. */
export async function startTokenServer(): Promise<TokenServer> {
  const { key, certificate } = await selfSigned();
  const requests: TokenRequest[] = [];
  let password = '';
  const identityToken = randomUUID();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://token.invalid');
    const given = basicOf(request);
    const form = new URLSearchParams(request.method === 'POST' ? await text(request) : '');
    requests.push({ method: request.method ?? '', url: request.url ?? '', user: given?.user });
    const refused =
      request.method === 'POST'
        ? form.get('refresh_token') !== identityToken
        : given
          ? given.user !== 'revflow' || given.password !== password
          : state.manners.anonymous === false;
    response.setHeader('content-type', 'application/json');
    if (refused || (request.method === 'GET' && !url.searchParams.has('x'))) {
      response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    const scope = url.searchParams.get('scope') ?? form.get('scope') ?? '';
    const life = state.manners.lifeSeconds ?? 300;
    const token = signToken({
      key,
      certificate,
      scope,
      lifeSeconds: life,
      granted: given !== undefined || form.size > 0,
    });
    response.end(JSON.stringify({ [state.manners.field ?? 'token']: token, expires_in: life }));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const state: TokenServer = {
    // The query is part of the realm, and must survive.
    realm: `http://127.0.0.1:${port}/token?x=1`,
    certificate,
    requests,
    manners: {},
    identityToken,
    setPassword(next) {
      password = next;
    },
    forget() {
      requests.length = 0;
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return state;
}

function basicOf(request: IncomingMessage): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

interface Signing {
  readonly key: string;
  readonly certificate: string;
  readonly scope: string;
  readonly lifeSeconds: number;
  /** Whoever is anonymous may read what is public, and nothing else is. */
  readonly granted: boolean;
}

function signToken({ key, certificate, scope, lifeSeconds, granted }: Signing): string {
  const now = Math.floor(Date.now() / 1000);
  const access = scope.split(' ').flatMap(one => {
    const match = /^repository:([^:]+):([a-z,*]+)$/.exec(one);
    const isPublic = match?.[1]?.startsWith('public/') === true;
    return match && (granted || isPublic)
      ? [{ type: 'repository', name: match[1], actions: match[2]?.split(',') }]
      : [];
  });
  const chain = certificate.replaceAll(/-----[^-]+-----|\s/g, '');
  const header = { typ: 'JWT', alg: 'RS256', x5c: [chain] };
  const claims = {
    iss: 'test-issuer',
    sub: 'revflow',
    aud: 'test-registry',
    iat: now - 60,
    nbf: now - 60,
    // docker-registry allows a minute of skew.
    exp: now + lifeSeconds - 60,
    jti: randomUUID(),
    access,
  };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), createPrivateKey(key)).toString('base64url')}`;
}
