// The egress policy: which host, address and port a Function may make us connect to. Judged when a connection is made.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { TerminalError } from '../errors.ts';
import { AddressRanges, isLoopbackHost, loopback, neverAsked } from './address.ts';
import { parseHostPort } from './target.ts';

export interface Destination {
  readonly host: string;
  readonly port: number;
  /** Resolved, literal. Absent: a proxy will resolve the name, and it cannot be resolved here. */
  readonly address?: string;
}

export interface EgressPolicy {
  /** Why no connection may be made, in words that follow "the egress policy forbids it: "; undefined: it may. */
  judge(destination: Destination): Promise<string | undefined>;
}

export interface EgressOptions {
  /**
   * `HOST`, `*.SUFFIX`, address or CIDR block, each with an optional `:port` (IPv6 with a port in brackets). Entries that name more than
   * loopback close the rest: only what is named is asked. A loopback address counts only with its port.
   */
  readonly allow: readonly string[];
  /** The same forms; wins over `allow`. */
  readonly deny: readonly string[];
  /** Loopback is allowed altogether (local mode). */
  readonly loopback: boolean;
  /** `host:port` of our own API server and Redis: never asked, whatever is allowed. Without port: none of the host's ports. */
  readonly refuse: readonly string[];
  /** The addresses of a name; the machine's resolver when absent. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** Names of metadata services, for the case that only a proxy can resolve them. */
const metadataNames = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'metadata.tencentyun.com',
  'instance-data',
]);

/** A policy; TerminalError EgressInvalid for an entry that cannot be read. */
export function egressPolicy(options: EgressOptions): EgressPolicy {
  const allowed = options.allow.map(parseAllowed);
  const opened = allowed.filter(rule => rule.loopback);
  const listed = allowed.filter(rule => !rule.loopback);
  const denied = options.deny.map(parseRule);
  const own = options.refuse.map(server => new OwnServer(server, options.resolve ?? resolveName));

  return {
    async judge(destination) {
      const { host, address } = destination;
      if (metadataNames.has(host) || (address !== undefined && neverAsked.has(address))) {
        return 'it is a link-local, metadata or unspecified address';
      }
      for (const server of own) {
        if (await server.is(destination)) return 'it is the API server or the Redis of revflow itself';
      }
      if (denied.some(rule => matches(rule, destination))) return 'it is denied by --egress-deny';
      if (isLoopbackHost(host) || (address !== undefined && loopback.has(address))) {
        if (options.loopback || opened.some(rule => matches(rule, destination))) return undefined;
        return 'it is this machine, which --egress-allow opens by address and port only';
      }
      if (listed.length === 0 || listed.some(rule => matches(rule, destination))) return undefined;
      return 'it is not listed in --egress-allow';
    },
  };
}

interface Rule {
  readonly port: number | undefined;
  /** Absent: the rule names a host. */
  readonly ranges: AddressRanges | undefined;
  /** Lower case; `.suffix` for everything below it, empty for every host. */
  readonly name: string;
  readonly loopback: boolean;
}

function parseRule(text: string): Rule {
  const { host, port } = splitRule(text.trim()) ?? {};
  if (host === undefined || host === '') throw invalid(text);
  const ranges = new AddressRanges();
  const isRange = ranges.add(host);
  if (!isRange && /[/\s]/.test(host)) throw invalid(text);
  return {
    port,
    ranges: isRange ? ranges : undefined,
    name: host.startsWith('*') ? host.slice(1) : host,
    loopback: isLoopbackHost(host),
  };
}

function splitRule(text: string): ReturnType<typeof parseHostPort> {
  const block = /^\[?([\da-fA-F.:]+)\]?(\/\d{1,3})\]?(?::(\d{1,5}))?$/.exec(text);
  if (block === null) return parseHostPort(text);
  return { host: `${block[1]}${block[2]}`, port: block[3] === undefined ? undefined : Number(block[3]) };
}

function parseAllowed(text: string): Rule {
  const rule = parseRule(text);
  if (!rule.loopback || rule.port !== undefined) return rule;
  throw new TerminalError(
    'EgressInvalid',
    `egress rule ${text}: an address of this machine is opened with its port only`,
  );
}

function matches(rule: Rule, { host, port, address }: Destination): boolean {
  if (rule.port !== undefined && rule.port !== port) return false;
  if (rule.ranges) return address !== undefined && rule.ranges.has(address);
  if (rule.name === '') return true;
  return rule.name.startsWith('.') ? host.endsWith(rule.name) : host === rule.name;
}

function invalid(text: string): TerminalError {
  const forms = 'HOST, *.SUFFIX, ADDRESS or CIDR, with an optional :PORT';
  return new TerminalError('EgressInvalid', `egress rule ${text}: not one of ${forms}`);
}

/** Knows our own servers by name and by every address that they have now. */
class OwnServer {
  private readonly host: string;
  private readonly port: number | undefined;
  private readonly resolve: (host: string) => Promise<readonly string[]>;
  /** What the name last resolved to; kept while the resolver fails. */
  private addresses: readonly string[] = [];

  constructor(text: string, resolve: (host: string) => Promise<readonly string[]>) {
    const { host, port } = parseHostPort(text) ?? {};
    if (host === undefined) throw invalid(text);
    this.host = host;
    this.port = port;
    this.resolve = resolve;
  }

  async is({ host, port, address }: Destination): Promise<boolean> {
    if (this.port !== undefined && this.port !== port) return false;
    if (host === this.host) return true;
    if (address === undefined) return false;
    await this.refresh();
    const known = new AddressRanges(this.addresses);
    return known.has(address) || (isThisMachine(address) && this.addresses.some(isThisMachine));
  }

  private async refresh(): Promise<void> {
    try {
      this.addresses = await this.addressesNow();
    } catch {
      // A name that does not resolve now may have resolved before: what is known stays refused.
    }
  }

  private async addressesNow(): Promise<readonly string[]> {
    if (isLoopbackHost(this.host)) return ['127.0.0.1'];
    return isIP(this.host) === 0 ? this.resolve(this.host) : [this.host];
  }
}

/** One port of this machine is one server, whichever of its addresses is used. */
function isThisMachine(address: string): boolean {
  if (loopback.has(address)) return true;
  const own = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? []);
  return own.some(known => known.address === address);
}

async function resolveName(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
