// Who we are to the API server: the headers and TLS material of a request, read again when they may have changed.
import { readFile } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { KubeError } from './kube.ts';
import type { Access, User } from './kubeconfig.ts';

/** What one connection and one request need to be let in. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: TlsIdentity;
}

/** The TLS side of a connection; equal values share connections. PEM texts. */
export interface TlsIdentity {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized: boolean;
}

export interface Identity {
  /** KubeError CredentialFailed (status 0) when a file or plugin fails. */
  credentials(): Promise<Credentials>;
  /** The server said 401: read everything anew at the next request. */
  refuse(): void;
}

/** Mounted tokens and certificates are replaced long before they expire; a minute is what other clients use. */
const rereadMs = 60_000;

/** The identity that an access describes. Credential plugins load @kubernetes/client-node, which costs 85 MB: only then. */
export async function identityOf(access: Access, clock: Clock): Promise<Identity> {
  if (!access.user.exec && !access.user['auth-provider']) return remember(() => readCredentials(access), clock);
  const { pluginIdentity } = await import('./plugin-identity.ts');
  return pluginIdentity(access, clock);
}

/** Keeps what `read` gave for a minute, shared by all requests of that time; a failure is not kept. */
export function remember(read: () => Promise<Credentials>, clock: Clock): Identity {
  let kept: { readonly at: number; readonly credentials: Promise<Credentials> } | undefined;
  return {
    credentials() {
      if (kept && clock.now() - kept.at < rereadMs) return kept.credentials;
      const credentials = read();
      const entry = { at: clock.now(), credentials };
      kept = entry;
      credentials.catch(() => {
        if (kept === entry) kept = undefined;
      });
      return credentials;
    },
    refuse() {
      kept = undefined;
    },
  };
}

async function readCredentials({ cluster, user }: Access): Promise<Credentials> {
  const [ca, cert, key, token] = await Promise.all([
    pem(cluster['certificate-authority-data'], cluster['certificate-authority']),
    pem(user['client-certificate-data'], user['client-certificate']),
    pem(user['client-key-data'], user['client-key']),
    user.tokenFile === undefined ? user.token : readText(user.tokenFile),
  ]);
  const headers: Record<string, string | string[]> = impersonation(user);
  if (token) headers['authorization'] = `Bearer ${token.trim()}`;
  else if (user.username !== undefined) {
    headers['authorization'] = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  }
  const rejectUnauthorized = cluster['insecure-skip-tls-verify'] !== true;
  return { headers, tls: { ca, cert, key, servername: cluster['tls-server-name'], rejectUnauthorized } };
}

/** Headers that act as somebody else, where the kubeconfig says so; leaving them out would act with more rights than asked for. */
export function impersonation(user: User): Record<string, string | string[]> {
  if (user.as === undefined) return {};
  return { 'impersonate-user': user.as, 'impersonate-group': [...(user['as-groups'] ?? [])] };
}

async function pem(data: string | undefined, file: string | undefined): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return file === undefined ? undefined : readText(file);
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new KubeError({ status: 0, reason: 'CredentialFailed' }, `cannot read ${file}, which the kubeconfig names`, {
      cause,
    });
  });
}
