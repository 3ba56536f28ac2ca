// The kube port over HTTP: connections and credentials from identity.ts and transport.ts, requests from requests.ts.
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { type Answer, type Asked, parseObject } from './answer.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { identityOf } from './identity.ts';
import { type Kind, type Kube, KubeError, type KubeObject, type ListOptions } from './kube.ts';
import { type AccessOptions, loadAccess } from './kubeconfig.ts';
import { type Page, readPage } from './page.ts';
import { startReflector } from './reflector.ts';
import {
  applyRequest,
  createRequest,
  getRequest,
  listRequest,
  type PageOptions,
  patchRequest,
  removeRequest,
} from './requests.ts';
import { createTransport, type Exchange, type KubeRequest, type Transport } from './transport.ts';

export interface KubeOptions extends AccessOptions {
  /** Who owns the fields that we write. */
  readonly fieldManager: 'revflow' | 'revflow-companion' | 'revflow-cli';
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every finished exchange, for metrics; a watch is told of when it was opened. */
  readonly observe?: (exchange: Exchange) => void;
}

/**
 * Connects to an API server; nothing is asked yet. TerminalError KubeconfigInvalid when the access data cannot be used.
 * Disposing ends all reflectors and connections.
 */
export async function connectKube(options: KubeOptions): Promise<Kube> {
  const access = await loadAccess(options);
  const transport = createTransport({
    cluster: access.cluster,
    identity: await identityOf(access, options.clock),
    clock: options.clock,
    userAgent: options.fieldManager,
    observe: options.observe,
  });
  return kubeOver(transport, options);
}

function kubeOver(transport: Transport, { fieldManager, clock, log }: KubeOptions): Kube {
  const discovery: Discovery = createDiscovery(transport, clock);
  const reflectors = new Set<AsyncDisposable>();
  const page = async (kind: Kind, options: PageOptions): Promise<Page> => {
    const request = listRequest(kind, options);
    return readPage(await transport.exchange(request), request, kind);
  };

  return {
    address: transport.address,
    get: async <T extends KubeObject>(...[ref, signal]: Parameters<Kube['get']>) =>
      unlessMissing<T>(ask(transport, getRequest(ref, signal))),
    list: async <T extends KubeObject>(kind: Kind, options: ListOptions = {}) => {
      const items: KubeObject[] = [];
      let next: string | undefined;
      do {
        const { items: more, continue: token } = await page(kind, { ...options, continue: next });
        items.push(...more);
        next = token;
      } while (next !== undefined);
      return items as unknown as readonly T[];
    },
    create: async (kind, object) => ask(transport, createRequest(kind, object, fieldManager)),
    apply: async (kind, object) => ask(transport, applyRequest(kind, object, fieldManager)),
    patch: async (ref, body, patch = {}) => ask(transport, patchRequest(ref, { ...patch, body, fieldManager })),
    remove: async (ref, remove = {}) => {
      const request = removeRequest(ref, remove);
      return (await unlessMissing(transport.exchange(request))) !== undefined;
    },
    reflect: wanted => {
      const reflector = startReflector(wanted, { transport, page, clock, log });
      const owned = { [Symbol.asyncDispose]: () => reflector[Symbol.asyncDispose]() };
      reflectors.add(owned);
      return reflector;
    },
    serves: kind => discovery.serves(kind),
    async [Symbol.asyncDispose]() {
      await Promise.all([...reflectors].map(reflector => reflector[Symbol.asyncDispose]()));
      await transport[Symbol.asyncDispose]();
    },
  };
}

/** One exchange whose answer is one object. */
async function ask<T extends KubeObject>(transport: Transport, request: KubeRequest): Promise<T> {
  return readObject<T>(await transport.exchange(request), request);
}

function readObject<T extends KubeObject>(answer: Answer, asked: Asked): T {
  const object = parseObject(answer, asked);
  if ('metadata' in object && typeof object.metadata === 'object') return object as T;
  throw new KubeError(
    { status: answer.status, reason: 'BadAnswer' },
    `${asked.what}: the API server's answer is no object`,
  );
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}
