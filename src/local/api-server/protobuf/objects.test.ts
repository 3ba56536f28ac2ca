import { describe, expect, test } from 'vitest';
import { decodeProtobuf } from './objects.ts';

function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

function body(kind: string, object: Buffer): Buffer {
  const type = Buffer.concat([field(1, 'v1'), field(2, kind)]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, object)]);
}

describe('objects that come as protobuf', () => {
  test('a Secret keeps its bytes, and a field that is not known is skipped', () => {
    const metadata = Buffer.concat([field(1, 'token'), field(15, 'skipped')]);
    const entry = Buffer.concat([field(1, 'password'), field(2, Buffer.from([0, 255]))]);
    const object = Buffer.concat([field(1, metadata), field(2, entry), field(3, 'Opaque')]);
    expect(decodeProtobuf(body('Secret', object))).toMatchObject({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'token' },
      data: { password: 'AP8=' },
      type: 'Opaque',
    });
  });

  test('a kind that is not known here is an unknown format', () => {
    expect(() => decodeProtobuf(body('Node', Buffer.alloc(0)))).toThrow('unknown format');
  });

  test.each([
    ['no envelope', Buffer.from('{}')],
    ['a field that is cut off', Buffer.concat([Buffer.from('k8s\0'), Buffer.from([10, 50, 1])])],
    ['a number without end', Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(12, 0xff)])],
  ])('%s is a bad request', (_, bytes) => {
    expect(() => decodeProtobuf(bytes)).toThrow('not a protobuf object');
  });
});
