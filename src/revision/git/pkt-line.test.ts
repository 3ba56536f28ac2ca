import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delimiterPacket, flushPacket, PacketError, packet, readPackets, textOf } from './pkt-line.ts';

const read = (text: string) => [...readPackets(Buffer.from(text, 'latin1'))];

describe('revision/git/pkt-line', () => {
  it('what is written is read again', () => {
    const lines = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }));
    fc.assert(
      fc.property(lines, texts => {
        const bytes = Buffer.concat([...texts.map(packet), delimiterPacket, flushPacket]);
        const packets = [...readPackets(bytes)];
        expect(packets.slice(-2)).toEqual(['delimiter', 'flush']);
        const expected = texts.map(text => Buffer.from(text, 'utf8').toString('utf8').replace(/\n$/, ''));
        expect(packets.slice(0, -2).map(line => (typeof line === 'string' ? line : textOf(line)))).toEqual(expected);
      }),
    );
  });

  it('lengths are counted in bytes, not in letters', () => {
    expect(packet('ü\n').toString('latin1')).toBe('0007\u00c3\u00bc\n');
  });

  it.for([
    ['0', 'no packet begins at byte 0'],
    ['00', 'no packet begins at byte 0'],
    ['<!DO', 'no packet begins at byte 0'],
    ['0006a\n000', 'no packet begins at byte 6'],
    ['0003', 'impossible length'],
    ['0004', 'impossible length'],
    ['fff1', 'impossible length'],
    ['0006a', 'cut off within the packet at byte 0'],
    ['+006a\n', 'no packet begins at byte 0'],
    ['0x06a\n', 'no packet begins at byte 0'],
  ] as const)('%j is refused: %s', ([text, message]) => {
    expect(() => read(text)).toThrow(PacketError);
    expect(() => read(text)).toThrow(message);
  });

  it('any bytes are read or refused, in time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        try {
          expect(Array.isArray([...readPackets(bytes)])).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(PacketError);
        }
      }),
    );
  });

  it('a view into a larger buffer is read alone', () => {
    const whole = Buffer.from('xx0006a\nyy');
    expect(
      [...readPackets(whole.subarray(2, 8))].map(line => (typeof line === 'string' ? line : textOf(line))),
    ).toEqual(['a']);
  });

  it('a line that is too long for a packet is a fault of ours', () => {
    expect(() => packet('x'.repeat(65_517))).toThrow(RangeError);
  });
});
