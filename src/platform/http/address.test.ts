import { describe, expect, it } from 'vitest';
import { AddressRanges, isLoopbackHost, loopback, neverAsked } from './address.ts';

describe('platform/http/address', () => {
  it.for([
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::ffff:0.0.0.0',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fd00:ec2::254',
    'ff02::1',
  ])('%s is never asked', address => {
    expect(neverAsked.has(address)).toBe(true);
  });

  it.for(['127.0.0.1', '::1', '10.0.0.1', '192.168.1.1', '140.82.121.4', '2606:50c0:8000::153', 'fd12::1'])(
    '%s may be asked',
    address => {
      expect(neverAsked.has(address)).toBe(false);
    },
  );

  it.for(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1'])('%s is loopback', address => {
    expect(loopback.has(address)).toBe(true);
  });

  it.for([
    ['localhost', true],
    ['registry.localhost', true],
    ['127.0.0.1', true],
    ['::1', true],
    ['localhost.example', false],
    ['127.0.0.1.example', false],
    ['10.0.0.1', false],
  ] as const)('%s names this machine: %s', ([host, expected]) => {
    expect(isLoopbackHost(host)).toBe(expected);
  });

  it.for(['10.0.0.0/33', 'fd00::/129', '10.0.0', 'x/8', '10.0.0.0/', '10.0.0.0/8/8', ''])('"%s" is no range', text => {
    expect(new AddressRanges().add(text)).toBe(false);
  });

  it('a block holds its addresses and no others', () => {
    const block = new AddressRanges(['10.1.0.0/16', 'fd00::/8']);

    expect(['10.1.255.255', '::ffff:10.1.0.1', 'fd12::1'].every(address => block.has(address))).toBe(true);
    expect(['10.2.0.0', 'fe00::1'].some(address => block.has(address))).toBe(false);
  });
});
