import { describe, expect, it } from 'vitest';
import { parseAdvertisement } from './advertisement.ts';
import { delimiterPacket, flushPacket, PacketError, packet } from './pkt-line.ts';
import { headOf, lsRefsBody, parseLsRefs, type RemoteRef, refused } from './refs.ts';

const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
const long = 'c'.repeat(64);

const answer = (...lines: readonly string[]) => Buffer.concat([...lines.map(packet), flushPacket]);

describe('revision/git/refs, protocol v2', () => {
  it('asks for exactly what is wanted, each name once', () => {
    const body = Buffer.from(lsRefsBody(['HEAD', 'main', 'refs/heads/main', '..'], 'sha1')).toString();
    expect(body).toBe(
      '0014command=ls-refs\n0012agent=revflow\n0017object-format=sha1\n00010009peel\n000csymrefs\n' +
        '0014ref-prefix HEAD\n001fref-prefix refs/heads/main\n001eref-prefix refs/tags/main\n0000',
    );
  });

  it('reads refs with what they point at', () => {
    const body = answer(`${a} HEAD symref-target:refs/heads/main\n`, `${b} refs/tags/v1 peeled:${a}\n`, `${long} x`);
    expect(parseLsRefs(body)).toEqual(
      new Map([
        ['HEAD', { name: 'HEAD', id: a, target: 'refs/heads/main' }],
        ['refs/tags/v1', { name: 'refs/tags/v1', id: b, peeled: a }],
        ['x', { name: 'x', id: long }],
      ]),
    );
  });

  it('an empty list is an answer; no bytes and an error are a refusal', () => {
    expect(parseLsRefs(answer())).toEqual(new Map());
    expect(parseLsRefs(Buffer.alloc(0))).toBe(refused);
    expect(parseLsRefs(packet('ERR no such command\n'))).toBe(refused);
  });

  it('an unborn branch is none', () => {
    expect(parseLsRefs(answer('unborn HEAD symref-target:refs/heads/main\n'))).toEqual(new Map());
  });

  it.for([
    ['without an end', packet(`${a} HEAD\n`)],
    ['with something behind the end', Buffer.concat([answer(), packet('x')])],
    ['with a delimiter', Buffer.concat([packet(`${a} HEAD\n`), delimiterPacket, flushPacket])],
    ['with a short id', answer(`${a.slice(1)} HEAD\n`)],
    ['with a null id', answer(`${'0'.repeat(40)} HEAD\n`)],
    ['without a name', answer(`${a}\n`)],
    ['with a tag of nothing', answer(`${a} refs/tags/v1 peeled:x\n`)],
  ] as const)('a list %s is refused', ([, body]) => {
    expect(() => parseLsRefs(body)).toThrow(PacketError);
  });
});

describe('revision/git/advertisement', () => {
  const service = Buffer.concat([packet('# service=git-upload-pack\n'), flushPacket]);
  const v2 = answer('version 2\n', 'agent=git/2.39\n', 'ls-refs=unborn\n', 'object-format=sha256\n');

  it('knows a v2 server and its object format, with and without the service line', () => {
    expect(parseAdvertisement(v2)).toEqual({ version: 2, format: 'sha256' });
    expect(parseAdvertisement(Buffer.concat([service, answer('version 2\n')]))).toEqual({ version: 2, format: 'sha1' });
  });

  it.for([
    ['v0', []],
    ['v1', ['version 1\n']],
  ] as const)('reads all refs of %s', ([, before]) => {
    const refs = [
      `${a} HEAD\0multi_ack symref=HEAD:refs/heads/main agent=git/2.39\n`,
      `${a} refs/heads/main\n`,
      `${b} refs/tags/v1\n`,
      `${a} refs/tags/v1^{}\n`,
      `shallow ${a}\n`,
    ];
    expect(parseAdvertisement(Buffer.concat([service, answer(...before, ...refs)]))).toEqual({
      version: 0,
      refs: new Map([
        ['HEAD', { name: 'HEAD', id: a, target: 'refs/heads/main' }],
        ['refs/heads/main', { name: 'refs/heads/main', id: a }],
        ['refs/tags/v1', { name: 'refs/tags/v1', id: b, peeled: a }],
      ]),
    });
  });

  it('reads an empty repository, with and without a line for it', () => {
    const none = { version: 0, refs: new Map() };
    expect(parseAdvertisement(answer())).toEqual(none);
    expect(parseAdvertisement(answer(`${'0'.repeat(40)} capabilities^{}\0agent=x\n`))).toEqual(none);
  });

  it('an error is a refusal', () => {
    expect(parseAdvertisement(Buffer.concat([service, answer('ERR access denied\n')]))).toBe(refused);
  });

  it.for([
    ['without an end', Buffer.concat([service, packet(`${a} HEAD\0x\n`)])],
    ['without anything', Buffer.alloc(0)],
    ['with something behind the end', Buffer.concat([answer(`${a} HEAD\0x\n`), flushPacket])],
    ['with a delimiter', Buffer.concat([delimiterPacket, flushPacket])],
    ['with a line that is no ref', answer(`${a} HEAD\0x\n`, 'nonsense\n')],
    ['with a peeled tag that has no tag', answer(`${a} HEAD\0x\n`, `${a} refs/tags/v1^{}\n`)],
  ] as const)('one %s is refused', ([, body]) => {
    expect(() => parseAdvertisement(body)).toThrow(PacketError);
  });
});

describe('revision/git/refs, heads', () => {
  const refs = (...all: readonly RemoteRef[]) => new Map(all.map(ref => [ref.name, ref]));

  it('HEAD tells the branch that it means, or none when it is detached', () => {
    expect(headOf('HEAD', refs({ name: 'HEAD', id: a, target: 'refs/heads/x' }))).toEqual({
      kind: 'found',
      id: a,
      ref: 'refs/heads/x',
    });
    expect(headOf('HEAD', refs({ name: 'HEAD', id: a }))).toEqual({ kind: 'found', id: a });
  });

  it('names are compared whole', () => {
    expect(headOf('main', refs({ name: 'refs/heads/main2', id: a }))).toEqual({ kind: 'missing' });
  });

  it('a tag is the commit in it', () => {
    expect(headOf('v1', refs({ name: 'refs/tags/v1', id: b, peeled: a }))).toMatchObject({ id: a });
  });
});
