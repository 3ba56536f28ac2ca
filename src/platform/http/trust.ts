// Who is trusted over TLS: the certificates of the Secret that a request is made for, the operator's, and the system's.
import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { TerminalError } from '../errors.ts';
import { failure } from './failure.ts';

/** Options of a TLS connection, made once for each set of certificates. */
export interface Trust {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
}

/** The trust for connections with `ca` (PEM) besides the operator's and the system's. RetryableError TlsError for a `ca` that cannot be read. */
export type TrustOf = (ca: string | undefined, skipVerify: boolean) => Trust;

/** `operatorCa`: PEM, trusted for every host; TerminalError CaFileInvalid when it cannot be read. */
export function createTrust(operatorCa: string | undefined): TrustOf {
  const operators = operatorsAuthorities(operatorCa);
  let common: readonly string[] | undefined;
  let commonContext: SecureContext | undefined;

  function contextOf(ca: string | undefined): SecureContext {
    common ??= [...operators, ...systemAuthorities()];
    if (ca === undefined) return (commonContext ??= createSecureContext({ ca: [...common] }));
    const own = certificatesOf(ca);
    if (own === undefined) throw failure('TlsError', 'ca.crt holds no certificate in PEM that can be read');
    // OpenSSL takes the first of several authorities of one name, so the most special ones stand first.
    return createSecureContext({ ca: [...own, ...common] });
  }

  return (ca, skipVerify) => ({ secureContext: contextOf(ca), rejectUnauthorized: !skipVerify });
}

function operatorsAuthorities(pem: string | undefined): readonly string[] {
  if (pem === undefined) return [];
  const found = certificatesOf(pem);
  if (found !== undefined) return found;
  throw new TerminalError('CaFileInvalid', 'the file of --ca-file holds no certificate in PEM that can be read');
}

/** The certificates of a PEM text, or undefined when it has none or one cannot be read: OpenSSL itself would pass over that in silence. */
function certificatesOf(pem: string): readonly string[] | undefined {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const certificate of found) new X509Certificate(certificate);
  } catch {
    return undefined;
  }
  return found.length === 0 ? undefined : found;
}

/** Node's own list and the machine's, where administrators add a company's. */
function systemAuthorities(): readonly string[] {
  const all = [...getCACertificates('default'), ...getCACertificates('system')];
  return [...new Set(all.map(certificate => certificate.trim()))];
}
