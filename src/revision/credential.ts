// Credentials by the name of their Secret: read when used, kept at most a minute, read once for all who ask at the same time.
import { createHmac } from 'node:crypto';
import { canonicalJson } from '../function/hash.ts';
import { showValue } from '../function/problem.ts';
import type { Clock } from '../platform/clock.ts';
import { RetryableError } from '../platform/errors.ts';
import type { Kind, Kube, KubeObject } from '../platform/kube/kube.ts';
import { anonymous } from '../watch/graph.ts';
import type { SecretRef, Source } from '../watch/source.ts';
import { type Destination, destinationOf } from './destination.ts';
import type { Credential } from './provider.ts';
import { readSecret } from './secret.ts';

export interface ResolveOptions {
  /** Read the Secret again, whatever is kept: its credential was refused. */
  readonly fresh?: boolean;
  /** Read it again when what is kept is older than this, milliseconds. */
  readonly maxAgeMs?: number;
}

export interface Resolved {
  /** Undefined: ask anonymously. */
  readonly credential: Credential | undefined;
  /** HMAC of the credential's value under the install key, 32 hex digits; `anonymous` without one. */
  readonly credentialId: string;
  /** Sentences for the condition's message. */
  readonly warnings: readonly string[];
}

export interface Credentials {
  /**
   * The credential in a Secret for a source; anonymous without a Secret. Throws RetryableError SecretNotFound, SecretKeyMissing,
   * SshAuthUnsupported or CredentialHostRefused, and KubeError when the API server cannot be asked. Values stay out of all messages.
   */
  resolve(secret: SecretRef | undefined, source: Source, options?: ResolveOptions): Promise<Resolved>;
  /** Drops what is kept of a Secret: it changed. */
  forget(secret: SecretRef): void;
}

export interface CredentialsOptions {
  readonly kube: Pick<Kube, 'get'>;
  /** The key under which values become identities (install-key.ts). */
  readonly installKey: Uint8Array;
  readonly clock: Clock;
  readonly requireHosts: boolean;
}

export const secretKind: Kind = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };

const keptMs = 60_000;
/** A Secret that is not there is looked for sooner, since it is about to be made. */
const absenceKeptMs = 20_000;
const withoutCredential: Resolved = { credential: undefined, credentialId: anonymous, warnings: [] };

interface Kept {
  readonly at: number;
  readonly object: KubeObject | undefined;
  /** What was made of it, by destination. */
  readonly resolved: Map<string, Resolved>;
}

/** Secrets of one API server, each kept for a minute at most. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const store = new SecretStore(options);
  return {
    async resolve(secret, source, { fresh = false, maxAgeMs = keptMs } = {}) {
      if (secret === undefined) return withoutCredential;
      const kept = await store.read(secret, fresh ? -1 : maxAgeMs);
      const destination = destinationOf(source);
      const at = `${destination.hosts.join(' ')} ${destination.path}`;
      const known = kept.resolved.get(at);
      if (known !== undefined) return known;
      const resolved = resolve(secret, kept.object, { destination, options });
      kept.resolved.set(at, resolved);
      return resolved;
    },
    forget: secret => store.forget(secret),
  };
}

function resolve(
  { namespace, name }: SecretRef,
  object: KubeObject | undefined,
  { destination, options }: { readonly destination: Destination; readonly options: CredentialsOptions },
): Resolved {
  if (object === undefined) throw new RetryableError('SecretNotFound', `Secret ${namespace}/${name} is not there`);
  const { credential, warnings } = readSecret(object, destination, options);
  if (credential === undefined) return { ...withoutCredential, warnings };
  return { credential, credentialId: identityOf(credential, options.installKey), warnings };
}

/** The same value has the same identity, wherever it is kept; nobody can tell the value from it. */
function identityOf(credential: Credential, installKey: Uint8Array): string {
  return createHmac('sha256', installKey).update(canonicalJson(credential)).digest('hex').slice(0, 32);
}

/** What API servers take for a name; another one would lead past the Secrets of the namespace. */
function isSecretName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name);
}

/** Secrets as last read, and the reads under way. */
class SecretStore {
  private readonly options: CredentialsOptions;
  private readonly kept = new Map<string, Kept>();
  private readonly reading = new Map<string, Promise<Kept>>();

  constructor(options: CredentialsOptions) {
    this.options = options;
  }

  async read(secret: SecretRef, maxAgeMs: number): Promise<Kept> {
    if (!isSecretName(secret.name)) {
      const message = `${showValue(secret.name)} is no name that a Secret could have: lower-case letters, digits, "-" and "."`;
      throw new RetryableError('SecretNotFound', message);
    }
    const key = `${secret.namespace}/${secret.name}`;
    const kept = this.kept.get(key);
    if (kept && this.options.clock.now() - kept.at <= maxAgeMs) return kept;
    const under = this.reading.get(key);
    if (under) return under;
    const read = this.load(secret, key);
    this.reading.set(key, read);
    try {
      return await read;
    } finally {
      if (this.reading.get(key) === read) this.reading.delete(key);
    }
  }

  forget(secret: SecretRef): void {
    const key = `${secret.namespace}/${secret.name}`;
    this.kept.delete(key);
    this.reading.delete(key);
  }

  private async load(secret: SecretRef, key: string): Promise<Kept> {
    const { clock } = this.options;
    const at = clock.now();
    const kept: Kept = { at, object: await this.get(secret), resolved: new Map() };
    this.kept.set(key, kept);
    // Values do not outlive their time in memory, whether they are used again or not.
    clock.after(kept.object === undefined ? absenceKeptMs : keptMs, () => {
      if (this.kept.get(key) === kept) this.kept.delete(key);
    });
    return kept;
  }

  private async get(secret: SecretRef): Promise<KubeObject | undefined> {
    try {
      return await this.options.kube.get({ kind: secretKind, ...secret });
    } catch (error) {
      // Told as what it means for the Function; a Forbidden of the forge is another thing.
      if (!(error instanceof RetryableError) || error.reason !== 'Forbidden') throw error;
      const message = `revflow may not read Secret ${secret.namespace}/${secret.name}: its Role must grant get on it`;
      throw new RetryableError('SecretNotFound', message, { cause: error });
    }
  }
}
