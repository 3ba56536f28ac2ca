// The key of this installation, which turns credentials into identities: a Secret, made once by whoever comes first.
import { generateKeySync } from 'node:crypto';
import { RetryableError, TerminalError } from '../platform/errors.ts';
import type { Kube, KubeObject } from '../platform/kube/kube.ts';
import { secretKind } from './credential.ts';

const name = 'revflow-install';
const field = 'key';
const bytes = 32;

/**
 * Reads the key from Secret `revflow-install`, or makes it. Throws KubeError when the API server cannot be asked, and TerminalError
 * SecretKeyMissing when the Secret is there and holds no key: nothing is overwritten.
 */
export async function loadInstallKey(kube: Pick<Kube, 'get' | 'create'>, namespace: string): Promise<Uint8Array> {
  const ref = { kind: secretKind, namespace, name };
  const there = (await kube.get(ref)) ?? (await make(kube, namespace)) ?? (await kube.get(ref));
  return readKey(there, namespace);
}

/** Undefined when another process was first. */
async function make(kube: Pick<Kube, 'create'>, namespace: string): Promise<KubeObject | undefined> {
  const key = generateKeySync('hmac', { length: 8 * bytes }).export();
  const data = { [field]: key.toString('base64') };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data };
  try {
    return await kube.create(secretKind, secret);
  } catch (error) {
    if (error instanceof RetryableError && error.reason === 'AlreadyExists') return undefined;
    throw error;
  }
}

function readKey(secret: KubeObject | undefined, namespace: string): Uint8Array {
  const data = secret?.['data'];
  const text: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, field) : undefined;
  const key = Buffer.from(typeof text === 'string' ? text : '', 'base64');
  if (key.length >= bytes) return key;
  throw new TerminalError(
    'SecretKeyMissing',
    `Secret ${namespace}/${name} must hold ${bytes} bytes or more under ${field}; delete it to have it made anew`,
  );
}
