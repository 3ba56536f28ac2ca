// Which kinds the API server serves, asked at most once a minute for each group and version.
import type { Clock } from '../clock.ts';
import { parseObject } from './answer.ts';
import { type Kind, KubeError } from './kube.ts';
import { discoveryRequest } from './requests.ts';
import type { Transport } from './transport.ts';

export interface Discovery {
  /** KubeError when the API server cannot be asked; that is not remembered. */
  serves(kind: Kind): Promise<boolean>;
}

/** What is read of a served resource. */
interface ApiResource {
  readonly name: string;
  readonly kind: string;
}

const keptMs = 60_000;

/** The discovery of one API server. */
export function createDiscovery(transport: Transport, clock: Clock): Discovery {
  const kept = new Map<string, { readonly at: number; readonly kinds: Promise<ReadonlySet<string>> }>();

  function kindsOf(apiVersion: string): Promise<ReadonlySet<string>> {
    const known = kept.get(apiVersion);
    if (known && clock.now() - known.at < keptMs) return known.kinds;
    const entry = { at: clock.now(), kinds: askKinds(transport, apiVersion) };
    kept.set(apiVersion, entry);
    entry.kinds.catch(() => {
      if (kept.get(apiVersion) === entry) kept.delete(apiVersion);
    });
    return entry.kinds;
  }

  return {
    serves: async kind => (await kindsOf(kind.apiVersion)).has(`${kind.plural} ${kind.kind}`),
  };
}

async function askKinds(transport: Transport, apiVersion: string): Promise<ReadonlySet<string>> {
  const request = discoveryRequest(apiVersion);
  try {
    const list = parseObject(await transport.exchange(request), request);
    const resources: unknown = 'resources' in list ? list.resources : [];
    if (!Array.isArray(resources)) return new Set();
    return new Set(resources.map((resource: ApiResource) => `${resource.name} ${resource.kind}`));
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return new Set();
    throw error;
  }
}
