// Node's agents over our dialer: one pair for each TLS trust, one for plain HTTP; kept connections are pooled by host and port.
import { type AgentOptions, type ClientRequestArgs, Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent, type AgentOptions as TlsAgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Dialer } from './dialer.ts';
import type { Tls } from './http.ts';
import type { TrustOf } from './trust.ts';

/** Ends an idle connection; just under what forges and load balancers keep. */
const idleMs = 55_000;
/** Authorities of different Secrets that are kept apart; each costs a megabyte. */
const mostTrusts = 64;

interface Pair {
  readonly kept: PlainAgent;
  readonly fresh: PlainAgent;
}

export interface Agents extends Disposable {
  /** RetryableError TlsError for a `tls.ca` that cannot be read. */
  agentFor(secure: boolean, tls: Tls | undefined, fresh: boolean): PlainAgent;
}

/** Disposing cuts all connections. `kept`: idle connections held for each host at most. */
export function createAgents(dialer: Dialer, trustOf: TrustOf, kept: number): Agents {
  const idle: AgentOptions = { keepAlive: true, maxFreeSockets: kept, timeout: idleMs };
  const plain: Pair = { kept: new DialedPlain(dialer, idle), fresh: new DialedPlain(dialer, {}) };
  const secured = new Map<string, Pair>();

  function pairFor(tls: Tls | undefined): Pair {
    const key = `${tls?.skipVerify === true ? 'any' : 'verified'}\n${tls?.ca ?? ''}`;
    const known = secured.get(key);
    if (known !== undefined) return known;
    const trust = trustOf(tls?.ca, tls?.skipVerify === true);
    const pair = { kept: new DialedTls(dialer, { ...idle, ...trust }), fresh: new DialedTls(dialer, { ...trust }) };
    secured.set(key, pair);
    const [oldest] = secured.keys();
    // Requests under way go on; the idle connections of what is dropped here end by themselves.
    if (secured.size > mostTrusts && oldest !== undefined) secured.delete(oldest);
    return pair;
  }

  return {
    agentFor(secure, tls, fresh) {
      const pair = secure ? pairFor(tls) : plain;
      return fresh ? pair.fresh : pair.kept;
    },
    [Symbol.dispose]() {
      for (const pair of [plain, ...secured.values()]) {
        pair.kept.destroy();
        pair.fresh.destroy();
      }
      secured.clear();
    },
  };
}

type Dialed = (error: Error | null, socket: Duplex) => void;

class DialedPlain extends PlainAgent {
  private readonly dialer: Dialer;

  constructor(dialer: Dialer, options: AgentOptions) {
    super(options);
    this.dialer = dialer;
  }

  override getName(options?: ClientRequestArgs): string {
    return nameOf(options);
  }

  override createConnection(options: ClientRequestArgs, callback?: Dialed): undefined {
    const dialed = this.dialer.wayTo(targetOf(options, false)).then(way => {
      if ('socket' in way) return way.socket;
      return super.createConnection({ ...options, ...way });
    });
    void hand(dialed, callback);
  }
}

class DialedTls extends TlsAgent {
  private readonly dialer: Dialer;

  constructor(dialer: Dialer, options: TlsAgentOptions) {
    super(options);
    this.dialer = dialer;
  }

  override getName(options?: ClientRequestArgs): string {
    return nameOf(options);
  }

  override createConnection(options: ClientRequestArgs, callback?: Dialed): undefined {
    const dialed = this.dialer
      .wayTo(targetOf(options, true))
      .then(way => super.createConnection({ ...options, ...way } as ClientRequestArgs));
    void hand(dialed, callback);
  }
}

/** All that differs within one agent; Node's own name would spell out every certificate for each request. */
function nameOf(options: ClientRequestArgs | undefined): string {
  return `${options?.host}:${options?.port}`;
}

function targetOf(options: ClientRequestArgs, secure: boolean) {
  return { secure, host: options.host ?? '', port: Number(options.port) };
}

/** Node's agents take connections, and errors, through a callback. */
async function hand(dialed: Promise<Duplex | null | undefined>, callback: Dialed | undefined): Promise<void> {
  let socket: Duplex | null | undefined;
  try {
    socket = await dialed;
  } catch (error) {
    // An error comes alone; the type of the callback does not say so.
    (callback as ((error: unknown) => void) | undefined)?.(error);
    return;
  }
  if (socket) callback?.(null, socket);
}
