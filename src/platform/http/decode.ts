// Bodies that a server compressed, unasked or not, within the limit on what comes out.
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { failure } from './failure.ts';

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

export interface Encoded {
  readonly host: string;
  readonly body: Uint8Array;
  /** Content-Encoding. */
  readonly encoding: string;
  /** Of the decoded body. */
  readonly maxBytes: number;
}

/** The decoded body. RetryableError AnswerTooLarge, or UnexpectedAnswer where it cannot be decoded. */
export async function decode({ host, body, encoding, maxBytes }: Encoded): Promise<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity' || body.byteLength === 0) return body;
  if (!isKnown(name))
    throw failure('UnexpectedAnswer', `${host} compressed its answer in a way that is not known here`);
  try {
    return await decoders[name](body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw failure('AnswerTooLarge', `${host} sent more than the ${maxBytes} bytes that are read`);
    }
    throw failure('UnexpectedAnswer', `${host} sent a compressed answer that is damaged`);
  }
}

function isKnown(name: string): name is keyof typeof decoders {
  return Object.hasOwn(decoders, name);
}
