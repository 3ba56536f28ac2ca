// What a Secret holds for a destination: the shapes that people use, read into one credential, and the hosts it may be sent to.
import { annotations } from '../function/names.ts';
import { RetryableError } from '../platform/errors.ts';
import type { KubeObject } from '../platform/kube/kube.ts';
import { allows, type Destination, readHost } from './destination.ts';
import { type DockerConfig, readDockerConfig } from './docker-config.ts';
import type { Credential } from './provider.ts';

/** What a Secret gives for one destination. */
export interface SecretReading {
  /** Undefined: the Secret is for other registries; this one is asked without. */
  readonly credential: Credential | undefined;
  /** Sentences for the condition's message. */
  readonly warnings: readonly string[];
}

export interface SecretRules {
  /** A Secret that says no hosts is refused rather than warned about (`--require-credential-hosts`). */
  readonly requireHosts: boolean;
}

const dockerKeys = ['.dockerconfigjson', '.dockercfg'] as const;

/**
 * Reads a Secret for a destination. Throws RetryableError SecretKeyMissing, SshAuthUnsupported or CredentialHostRefused (Secrets can be
 * mended); messages name the Secret and never its values.
 */
export function readSecret(secret: KubeObject, destination: Destination, rules: SecretRules): SecretReading {
  const name = `Secret ${secret.metadata.namespace ?? ''}/${secret.metadata.name}`;
  const data = decode(secret['data']);
  const docker = dockerKeys.map(key => data.get(key)).find(text => text !== undefined);
  if (docker !== undefined)
    return readDocker(name, secret, { destination, rules, text: docker, ca: data.get('ca.crt') });
  const password = data.get('password') ?? data.get('token');
  if (password === undefined) throw unusable(name, data);
  const warnings = judgeHosts(name, { said: hostsSaid(secret), destination, rules });
  const username = data.get('username');
  return { credential: credentialOf({ username, password, ca: data.get('ca.crt') }), warnings };
}

interface DockerSecret {
  readonly destination: Destination;
  readonly rules: SecretRules;
  readonly text: string;
  readonly ca: string | undefined;
}

function readDocker(name: string, secret: KubeObject, { destination, rules, text, ca }: DockerSecret): SecretReading {
  const config: DockerConfig | undefined = readDockerConfig(text);
  if (config === undefined) {
    throw new RetryableError('SecretKeyMissing', `${name} holds registry logins that are no JSON of the Docker form`);
  }
  const [host] = destination.hosts;
  const login = config.loginFor(destination);
  if (login === undefined) return { credential: undefined, warnings: [`${name} has no login for ${host}`] };
  const { username, password, identityToken } = login;
  if (password === '' && identityToken === '') {
    const message = `the login for ${host} in ${name} has neither auth nor username and password`;
    throw new RetryableError('SecretKeyMissing', message);
  }
  const warnings = judgeHosts(name, { said: [...config.hosts, ...hostsSaid(secret)], destination, rules });
  return { credential: credentialOf({ username, password, identityToken, ca }), warnings };
}

/** Hosts that annotations allow. */
function hostsSaid(secret: KubeObject): readonly string[] {
  const texts: string[] = [];
  for (const [key, value] of Object.entries(secret.metadata.annotations ?? {})) {
    if (key === annotations.credentialHosts) texts.push(...value.split(/[\s,]+/));
    else if (/^tekton\.dev\/(?:git|docker)-/.test(key)) texts.push(value);
  }
  return texts.map(readHost).filter(host => host !== undefined);
}

interface Judged {
  readonly said: readonly string[];
  readonly destination: Destination;
  readonly rules: SecretRules;
}

/** Throws when the Secret does not allow a host; gives a warning when it says nothing. */
function judgeHosts(name: string, { said, destination, rules }: Judged): readonly string[] {
  const key = annotations.credentialHosts;
  if (said.length === 0) {
    const message = `${name} does not say where it may be sent; its annotation ${key} could name ${destination.hosts[0]}`;
    if (rules.requireHosts) throw new RetryableError('CredentialHostRefused', message);
    return [message];
  }
  const refused = destination.hosts.find(host => !allows(said, host));
  if (refused === undefined) return [];
  throw new RetryableError(
    'CredentialHostRefused',
    `${name} may be sent to ${said.join(', ')} and not to ${refused}; its annotation ${key} could allow it`,
  );
}

function unusable(name: string, data: ReadonlyMap<string, string>): RetryableError {
  if (data.has('ssh-privatekey')) {
    return new RetryableError(
      'SshAuthUnsupported',
      `${name} holds a key for ssh, and polling speaks https: a Secret with a token under password is needed`,
    );
  }
  return new RetryableError(
    'SecretKeyMissing',
    `${name} has none of the keys password, token, .dockerconfigjson and .dockercfg`,
  );
}

/** An empty text means absent. */
function credentialOf(parts: {
  readonly username?: string | undefined;
  readonly password: string;
  readonly identityToken?: string;
  readonly ca?: string | undefined;
}): Credential {
  const { username, password, identityToken, ca } = parts;
  return {
    password,
    ...(username ? { username } : {}),
    ...(identityToken ? { identityToken } : {}),
    ...(ca ? { ca } : {}),
  };
}

/** Values as text, without the line ends that `echo` leaves; empty ones are left out. */
function decode(data: unknown): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  if (typeof data !== 'object' || data === null) return values;
  for (const [key, value] of Object.entries(data)) {
    const text =
      typeof value === 'string'
        ? Buffer.from(value, 'base64')
            .toString('utf8')
            .replace(/[\r\n]+$/, '')
        : '';
    if (text !== '') values.set(key, text);
  }
  return values;
}
