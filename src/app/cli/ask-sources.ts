// Asks what Functions watch, each distinct source once, and keeps the answers where the loop's own reading finds them.
import { systemClock } from '../../platform/clock.ts';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import { createHttp } from '../../platform/http/client.ts';
import { egressPolicy } from '../../platform/http/egress.ts';
import type { Http } from '../../platform/http/http.ts';
import { createLog } from '../../platform/logger.ts';
import type { State } from '../../platform/state/state.ts';
import { subscriberOf } from '../../reconcile/leader/subscriber.ts';
import type { Credentials } from '../../revision/credential.ts';
import { createMemory } from '../../revision/memory.ts';
import type { Heads, Observation } from '../../revision/observation.ts';
import { addPaths, troubleOf } from '../../revision/path-ids.ts';
import type { FoundPaths, WantedPaths } from '../../revision/provider.ts';
import { createProviders } from '../../revision/providers.ts';
import { planBuildImages } from '../../watch/build-images.ts';
import { SourceGraph } from '../../watch/graph.ts';
import { planWatch, type Watch } from '../../watch/plan.ts';
import { type SourceSpec, stateKeys } from '../../watch/source.ts';
import { type ClientConfig, readCaFile } from '../config.ts';
import { version } from '../version.ts';
import type { Candidate } from './function-files.ts';

export interface Asking {
  readonly http: Http;
  /** Answers are kept here as observations. */
  readonly state: State;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
}

/** An answer needs to be kept only as long as this process. */
const keptMs = 3_600_000;
const atOnce = 16;

/** The HTTP edge for questions of a person; `refuse` is the API server, where there is one. */
export async function openHttp(
  config: ClientConfig,
  { loopback, refuse }: { readonly loopback: boolean; readonly refuse: readonly string[] },
): Promise<Http & AsyncDisposable> {
  const { egressAllow: allow, egressDeny: deny, caFile, proxies } = config;
  return createHttp({
    clock: systemClock,
    log: createLog({ level: 'error', pretty: true }),
    userAgent: `revflow/${version}`,
    caPem: await readCaFile(caFile),
    proxies,
    egress: egressPolicy({ allow, deny, loopback, refuse }),
  });
}

/** Asks all sources of the Functions; gives the driver that answered each, by the source's key. What failed is an observation too. */
export async function askSources(
  candidates: readonly Candidate[],
  asking: Asking,
): Promise<ReadonlyMap<string, string>> {
  const specs = await specsOf(candidates, asking.credentials);
  const providers = createProviders();
  const memory = createMemory(asking.state, systemClock);
  const drivers = new Map<string, string>();

  async function ask({ key, source, wants, paths, secrets, credentialId, intervalMs }: SourceSpec): Promise<void> {
    const now = systemClock.now();
    let observation: Observation;
    try {
      const { credential } = await asking.credentials.resolve(secrets[0], source);
      const question = { source, wants, credential, credentialId, signal: asking.signal };
      const ports = { http: asking.http, memory, now: () => systemClock.now() };
      const { heads, driver } = await providers.observeSource(question, ports);
      drivers.set(key, driver);
      const read = (wanted: WantedPaths) => providers.readPaths({ ...question, driver }, wanted, ports);
      const known = await withPaths(seenOnce(heads), paths, { now, read });
      asking.signal.throwIfAborted();
      observation = { at: now, heads: known, intervalMs };
    } catch (error) {
      asking.signal.throwIfAborted();
      if (!(error instanceof RetryableError || error instanceof TerminalError)) throw error;
      const { reason, message } = error;
      observation = { at: 0, heads: {}, intervalMs, failure: { reason, message, since: now, count: 1 } };
    }
    await asking.state.set(stateKeys.observation(key), JSON.stringify(observation), keptMs);
  }

  const waiting = [...specs];
  const lane = async () => {
    for (let spec = waiting.shift(); spec !== undefined; spec = waiting.shift()) await ask(spec);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return drivers;
}

/** The distinct sources of what is watched, build images too, with a credential that can be used; the others have nothing to be asked with. */
async function specsOf(candidates: readonly Candidate[], credentials: Credentials): Promise<readonly SourceSpec[]> {
  const graph = new SourceGraph();
  const subscribe = async (subscriber: string, namespace: string, watch: Watch) => {
    const ref = watch.secret === undefined ? undefined : { namespace, name: watch.secret };
    const resolved = await credentials.resolve(ref, watch.source).catch(unusable);
    if (resolved) graph.subscribe(subscriber, { watch, namespace, credentialId: resolved.credentialId });
  };
  for (const { key, fn } of candidates) {
    if (fn === undefined) continue;
    const { namespace } = fn.metadata;
    const plan = planWatch(fn);
    if (plan.kind === 'watched') await subscribe(key, namespace, plan.watch);
    for (const [at, watch] of planBuildImages(fn).watches.entries()) {
      await subscribe(subscriberOf(key, at), namespace, watch);
    }
  }
  return [...graph.keys()].flatMap(key => graph.spec(key) ?? []);
}

/** The reading of the watch tells why; what is no trouble with a Secret is thrown there again. */
function unusable(error: unknown): undefined {
  if (!(error instanceof RetryableError)) throw error;
}

interface Reading {
  readonly now: number;
  readonly read: (wanted: WantedPaths) => Promise<FoundPaths>;
}

/** A person asks once: what cannot be read now counts as not to be known. */
async function withPaths(heads: Heads, wanted: SourceSpec['paths'], { now, read }: Reading): Promise<Heads> {
  if (wanted === undefined) return heads;
  const look = { wanted, previous: undefined, now };
  const once = (missing: WantedPaths) =>
    read(missing).catch((error: unknown) => ({ ...troubleOf(error), givenUp: true }));
  return (await addPaths(heads, look, once)).heads;
}

function seenOnce(heads: Heads): Heads {
  const seen = Object.entries(heads).map(([want, head]) => [
    want,
    head.kind === 'found' ? { ...head, sightings: 1 } : head,
  ]);
  return Object.fromEntries(seen) as Heads;
}
