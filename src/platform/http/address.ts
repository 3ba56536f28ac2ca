// Internet addresses: names of this machine, and sets of ranges that see through the ways of carrying IPv4 inside IPv6.
import { BlockList, isIP, isIPv4 } from 'node:net';

/** How gateways carry IPv4 inside IPv6: NAT64 and 6to4. A range of IPv4 covers them; mapped addresses the list sees through by itself. */
const carriers = [
  { bits: 96, of: (groups: string) => `64:ff9b::${groups}` },
  { bits: 16, of: (groups: string) => `2002:${groups}::` },
] as const;

/** Whether the name or literal address (without brackets and port) can only be this machine. Such names are never asked of a resolver. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && loopback.has(host));
}

/** A set of addresses, made of single ones and of CIDR blocks. */
export class AddressRanges {
  private readonly list = new BlockList();

  constructor(ranges: readonly string[] = []) {
    for (const range of ranges) {
      if (!this.add(range)) throw new TypeError(`${range} is neither an address nor a CIDR block`);
    }
  }

  /** Adds an address or `address/bits`; false when the text is neither. */
  add(range: string): boolean {
    const [address = '', length, ...rest] = range.split('/');
    const family = isIP(address);
    const longest = family === 4 ? 32 : 128;
    const bits = length === undefined ? longest : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
    if (family === 0 || rest.length > 0 || !(bits <= longest)) return false;
    this.list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
    if (family === 4) this.addCarried(address, bits);
    return true;
  }

  /** Whether a literal address is in the set. */
  has(address: string): boolean {
    const plain = withoutZone(address);
    return this.list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  }

  private addCarried(address: string, bits: number): void {
    const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
    const groups = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    for (const carrier of carriers) this.list.addSubnet(carrier.of(groups), carrier.bits + bits, 'ipv6');
  }
}

function withoutZone(address: string): string {
  const at = address.indexOf('%');
  return at === -1 ? address : address.slice(0, at);
}

/** This machine. */
export const loopback = new AddressRanges(['127.0.0.0/8', '::1']);

/** Where no revision, manifest or token is ever served: link-local and metadata services, unspecified and multicast addresses. */
export const neverAsked = new AddressRanges([
  '0.0.0.0/8',
  '::',
  '169.254.0.0/16',
  'fe80::/10',
  'fec0::/10',
  '224.0.0.0/3',
  'ff00::/8',
  // Metadata services outside the link-local ranges: AWS, Google, Alibaba, Oracle, Azure.
  'fd00:ec2::/32',
  'fd20:ce::254',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
]);
