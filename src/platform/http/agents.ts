// Node's agents over our dialer: one pair for each TLS trust, one for plain HTTP; kept connections are pooled by host and port.
import { type AgentOptions, type ClientRequestArgs, Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent, type AgentOptions as TlsAgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Dialer } from './dialer.ts';
import type { Tls } from './http.ts';
import type { TrustOf } from './trust.ts';

/** Ends an idle connection; just under what forges and load balancers keep. */
const idleMs = 55_000;
/** Secrets with authorities of their own that are kept apart; each costs a megabyte, and ten milliseconds to make anew. */
const mostTrusts = 128;

/** The agents for one TLS trust. */
interface AgentPair {
  /** Keeps its connections. */
  readonly kept: PlainAgent;
  /** Opens a connection for each request. */
  readonly fresh: PlainAgent;
}

export interface Agents extends Disposable {
  /** RetryableError TlsError for a `tls.ca` that cannot be read. */
  agentsFor(secure: boolean, tls: Tls | undefined): AgentPair;
}

/** Disposing cuts all connections. `keptPerHost`: idle connections held for each host at most. */
export function createAgents(dialer: Dialer, trustOf: TrustOf, keptPerHost: number): Agents {
  const idle: AgentOptions = { keepAlive: true, maxFreeSockets: keptPerHost, timeout: idleMs };
  const plain: AgentPair = { kept: new DialedPlain(dialer, idle), fresh: new DialedPlain(dialer, {}) };
  // By authorities, which are long texts: as keys of their own they are hashed once.
  const verified = new Map<string, AgentPair>();
  const unverified = new Map<string, AgentPair>();

  function pairFor(tls: Tls | undefined): AgentPair {
    const skipVerify = tls?.skipVerify === true;
    const pairs = skipVerify ? unverified : verified;
    const key = tls?.ca ?? '';
    const known = pairs.get(key);
    if (known !== undefined) return known;
    const trust = trustOf(tls?.ca, skipVerify);
    const pair = { kept: new DialedTls(dialer, { ...idle, ...trust }), fresh: new DialedTls(dialer, { ...trust }) };
    pairs.set(key, pair);
    const oldest = pairs.keys().find(other => other !== '');
    // Requests under way go on; the idle connections of what is dropped here end by themselves.
    if (pairs.size > mostTrusts && oldest !== undefined) pairs.delete(oldest);
    return pair;
  }

  return {
    agentsFor: (secure, tls) => (secure ? pairFor(tls) : plain),
    [Symbol.dispose]() {
      for (const { kept, fresh } of [plain, ...verified.values(), ...unverified.values()]) {
        kept.destroy();
        fresh.destroy();
      }
      verified.clear();
      unverified.clear();
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
      .then(way => super.createConnection({ ...options, ...way }));
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
