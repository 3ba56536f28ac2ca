// How a connection comes about: the name resolved, every address judged, then directly to the judged addresses or through a proxy.
import { lookup as resolveName } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { isLoopbackHost } from './address.ts';
import type { Destination, EgressPolicy } from './egress.ts';
import { failure } from './failure.ts';
import type { ChooseProxy } from './proxy.ts';
import type { Target } from './target.ts';
import { connectProxy, openTunnel, type ProxyPorts } from './tunnel.ts';

export interface DialerOptions extends ProxyPorts {
  readonly egress: EgressPolicy;
  readonly chooseProxy: ChooseProxy;
  /** All addresses of a name; the machine's resolver when absent. */
  readonly resolve?: Resolve | undefined;
}

export type Resolve = (host: string) => Promise<readonly Address[]>;

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** A way to a host: a connection that is there already, or the resolver to connect with, which knows judged addresses only. */
export type Way = { readonly socket: Duplex } | { readonly lookup: LookupFunction };

/** The names that every resolver has to keep on this machine are not asked of one. */
const thisMachine: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Finds ways to hosts. The address that was judged is the address that is connected to: there is no second look-up that could say
 * something else. RetryableError EgressDenied when no address may be asked; errors of the resolver as they are.
 */
export class Dialer {
  private readonly options: DialerOptions;

  constructor(options: DialerOptions) {
    this.options = options;
  }

  async wayTo(target: Pick<Target, 'secure' | 'host' | 'port'>): Promise<Way> {
    const proxy = this.options.chooseProxy(target);
    if (proxy === undefined) return { lookup: answering(await this.directly(target)) };
    await this.judgeBehindProxy(target);
    return {
      socket: await (target.secure ? openTunnel(proxy, target, this.options) : connectProxy(proxy, this.options)),
    };
  }

  private async directly({ host, port }: Pick<Target, 'host' | 'port'>): Promise<readonly Address[]> {
    const addresses = await this.addressesOf(host);
    const refusals = await Promise.all(
      addresses.map(({ address }) => this.options.egress.judge({ host, port, address })),
    );
    const allowed = addresses.filter((_, index) => refusals[index] === undefined);
    if (allowed.length === 0) throw denied({ host, port }, refusals[0] ?? 'its name has no address');
    return allowed;
  }

  /** The proxy chooses among the addresses, so each of them must be allowed; what only the proxy can resolve is judged by name. */
  private async judgeBehindProxy({ host, port }: Pick<Target, 'host' | 'port'>): Promise<void> {
    const addresses = await this.addressesOf(host).catch(() => []);
    const destinations: readonly Destination[] =
      addresses.length === 0 ? [{ host, port }] : addresses.map(({ address }) => ({ host, port, address }));
    for (const destination of destinations) {
      const refusal = await this.options.egress.judge(destination);
      if (refusal !== undefined) throw denied(destination, refusal);
    }
  }

  private async addressesOf(host: string): Promise<readonly Address[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    if (isLoopbackHost(host)) return thisMachine;
    return (this.options.resolve ?? resolveAll)(host);
  }
}

function resolveAll(host: string): Promise<readonly Address[]> {
  return resolveName(host, { all: true });
}

function denied({ host, port }: Pick<Target, 'host' | 'port'>, refusal: string) {
  const named = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  return failure('EgressDenied', `${named} is not asked: ${refusal}`);
}

function answering(addresses: readonly Address[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all === true) return callback(null, [...addresses]);
    const [first = { address: '', family: 0 }] = addresses;
    return callback(null, first.address, first.family);
  };
}
