// Identities that need a program or a cloud's token exchange (`exec`, `auth-provider`): @kubernetes/client-node runs them for us.
// Only its KubeConfig is used: its own requests open a connection each, have no timeouts and read no Retry-After.
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { type Credentials, type Identity, impersonation } from './identity.ts';
import { KubeError } from './kube.ts';
import type { Access } from './kubeconfig.ts';

/** A credential plugin that hangs must not hang us. */
const pluginTimeoutMs = 30_000;

/** The identity of a kubeconfig's `exec` or `auth-provider` user; tokens are kept by client-node until they expire. */
export function pluginIdentity(access: Access, clock: Clock): Identity {
  let config = kubeConfigOf(access);
  return {
    credentials: () => askPlugin(config, access, clock),
    refuse() {
      // client-node keeps a token until its own expiry, whatever the server says of it.
      config = kubeConfigOf(access);
    },
  };
}

function kubeConfigOf({ cluster, user }: Access): KubeConfig {
  const config = new KubeConfig();
  // Connections are ours: it must not make a proxy agent, nor stumble over http://, which it takes only unverified.
  const ours = { 'proxy-url': undefined, 'insecure-skip-tls-verify': true };
  const text = JSON.stringify({
    clusters: [{ name: 'revflow', cluster: { ...cluster, ...ours } }],
    users: [{ name: 'revflow', user }],
    contexts: [{ name: 'revflow', context: { cluster: 'revflow', user: 'revflow' } }],
    'current-context': 'revflow',
  });
  config.loadFromString(text);
  return config;
}

async function askPlugin(config: KubeConfig, access: Access, clock: Clock): Promise<Credentials> {
  const options: RequestOptions = { headers: {} };
  const watchdog = new AbortController();
  const hanging = clock.sleep(pluginTimeoutMs, watchdog.signal).then(() => {
    throw new Error('the plugin gave no answer');
  });
  try {
    await Promise.race([config.applyToHTTPSOptions(options), hanging]);
  } catch (error) {
    // Without its cause: that holds what the plugin printed, which may be anything.
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    const message = `the kubeconfig's credential plugin failed${code}; run its command by hand to see why`;
    throw new KubeError({ status: 0, reason: 'CredentialFailed' }, message);
  } finally {
    hanging.catch(() => {});
    watchdog.abort();
  }
  const headers = { ...impersonation(access.user) };
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value);
  const { ca, cert, key, servername } = options;
  return {
    headers,
    tls: {
      ca: pemText(ca),
      cert: pemText(cert),
      key: pemText(key),
      servername: servername ?? access.cluster['tls-server-name'],
      rejectUnauthorized: access.cluster['insecure-skip-tls-verify'] !== true,
    },
  };
}

function pemText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined;
}
