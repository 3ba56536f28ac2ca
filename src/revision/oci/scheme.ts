// https or http: TLS first; plain HTTP only where it is allowed and the registry speaks no TLS. What was found is remembered.
import { RetryableError } from '../../platform/errors.ts';
import { isLoopback, type RegistryAccess, type RegistryPorts, transportOf } from './access.ts';

const rememberedMs = 60 * 60_000;

/** What a handshake ends with when the other side speaks no TLS. A bad certificate is none of these: TLS, where offered, is verified. */
const noTlsCodes = new Set([
  'EPROTO',
  'ECONNRESET',
  'ECONNREFUSED',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'UND_ERR_SOCKET',
]);

/** Statuses that a plain registry may give to the bare question. 400 is missing: TLS servers answer so when spoken to plainly. */
const signsOfLife = [401, 403, 404, 405, 429, 500, 503];

/** Calls `send` with the base address of the registry, `https://host` or where that is allowed `http://host`. */
export async function withScheme<T>(
  access: RegistryAccess,
  ports: RegistryPorts,
  send: (base: string) => Promise<T>,
): Promise<T> {
  const { registry } = access;
  if (access.plainCredentials !== true && !isLoopback(registry)) return send(`https://${registry}`);
  const key = `oci:scheme:${registry}`;
  const known = await ports.memory.get(key);
  if (known === 'http') {
    try {
      return await send(`http://${registry}`);
    } catch (error) {
      // It may speak TLS by now: the next question finds out.
      if (error instanceof RetryableError && error.reason === 'NetworkError') await ports.memory.set(key, '', 1);
      throw error;
    }
  }
  try {
    const answer = await send(`https://${registry}`);
    if (known !== 'https') await ports.memory.set(key, 'https', rememberedMs);
    return answer;
  } catch (error) {
    if (known === 'https' || !speaksNoTls(error) || !(await answersPlainly(access, ports))) throw error;
  }
  await ports.memory.set(key, 'http', rememberedMs);
  return send(`http://${registry}`);
}

function speaksNoTls(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && noTlsCodes.has(at.code)) return true;
  }
  return false;
}

/** Asks without a credential: nothing secret goes out before it is known that somebody there speaks HTTP. */
async function answersPlainly(access: RegistryAccess, ports: RegistryPorts): Promise<boolean> {
  const url = `http://${access.registry}/v2/`;
  try {
    const { signal } = ports;
    const ended = signal === undefined ? {} : { signal };
    await ports.http.request({ method: 'GET', url, redirect: 'manual', ...ended, ...transportOf(access) }, signsOfLife);
    return true;
  } catch {
    return false;
  }
}
