// What a client needs to reach this server: its certificate, the one token, and the kubeconfig that holds both.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { formatYaml } from '../../../platform/yaml.ts';

export interface Credentials {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  readonly token: string;
}

const validYears = 10;

/** Those of the directory; made when it has none. Every file is its owner's alone. */
export async function loadCredentials(directory: string): Promise<Credentials> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files = {
    certificate: join(directory, 'server.crt'),
    key: join(directory, 'server.key'),
    token: join(directory, 'token'),
  };
  if (!existsSync(files.certificate) || !existsSync(files.key)) {
    const made = await makeCertificate();
    // The certificate comes last: a start that was killed in between makes both anew.
    await writePrivately(files.key, made.key);
    await writePrivately(files.certificate, made.certificate);
  }
  if (!existsSync(files.token)) await writePrivately(files.token, randomBytes(32).toString('base64url'));
  return {
    certificate: await readFile(files.certificate, 'utf8'),
    key: await readFile(files.key, 'utf8'),
    token: (await readFile(files.token, 'utf8')).trim(),
  };
}

/** Writes the kubeconfig of the server at `url` and gives its path. */
export async function writeKubeconfig(directory: string, url: string, credentials: Credentials): Promise<string> {
  const authority = Buffer.from(credentials.certificate).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'revflow',
    clusters: [{ name: 'revflow', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: 'revflow', user: { token: credentials.token } }],
    contexts: [{ name: 'revflow', context: { cluster: 'revflow', user: 'revflow', namespace: 'default' } }],
  };
  const file = join(directory, 'kubeconfig');
  await writePrivately(file, formatYaml(config));
  return file;
}

/** Says whether an Authorization header carries the token, in time that does not tell how much of it is right. */
export function tokenCheck(token: string): (header: string | undefined) => boolean {
  const expected = Buffer.from(token);
  return header => {
    const sent = Buffer.from(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '');
    return sent.length === expected.length && timingSafeEqual(sent, expected);
  };
}

async function makeCertificate(): Promise<{ readonly certificate: string; readonly key: string }> {
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + validYears);
  const made = await generate([{ name: 'commonName', value: 'revflow local API server' }], {
    keyType: 'ec',
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { certificate: made.cert, key: made.private };
}

/** Whole or not at all: a file that exists is complete. */
async function writePrivately(file: string, text: string): Promise<void> {
  const unfinished = `${file}.new`;
  await writeFile(unfinished, text, { mode: 0o600 });
  await chmod(unfinished, 0o600);
  await rename(unfinished, file);
}
