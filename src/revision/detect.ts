// The poll of a source: what the workers do with each key of the queue `source`.
import type { Clock } from '../platform/clock.ts';
import type { Http } from '../platform/http/http.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Handler, Queue } from '../platform/queue/queue.ts';
import type { State } from '../platform/state/state.ts';
import { gateOfKey } from '../watch/graph.ts';
import { type SourceSpec, sourceHost, stateKeys } from '../watch/source.ts';
import { Breakers, refusalsKey } from './breaker.ts';
import { Budgets, blockKey } from './budget.ts';
import type { Credentials } from './credential.ts';
import { createMemory } from './memory.ts';
import type { Observation } from './observation.ts';
import { Poll, type PollPorts } from './poll.ts';
import { createProviders, type Providers } from './providers.ts';
import { Vanguard } from './vanguard.ts';

export interface DetectorOptions {
  readonly state: State;
  readonly queue: Pick<Queue, 'wake'>;
  readonly http: Http;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'count' | 'gauge' | 'observe'>;
  /** The operator's floor of all polling intervals, milliseconds. */
  readonly minIntervalMs: number;
  /** Who asks; absent: all providers there are. */
  readonly providers?: Pick<Providers, 'observeSource' | 'readPaths'>;
}

/** What was last seen of a source; undefined when it was never asked, or the state was lost. */
export async function readObservation(state: Pick<State, 'get'>, key: string): Promise<Observation | undefined> {
  return parseObservation(await state.get(stateKeys.observation(key)));
}

/**
 * The handler of queue `source`. Reads `source:<key>`, asks the source, stores the observation, wakes queue `fanout` with the same key
 * when there is something to tell (and every 45 s when there is not), and returns the next time; undefined when nobody watches the
 * source any more. A poll costs one read of the state, one request, one write. Failures of the source are part of the observation; what is thrown
 * is the state's, the queue's or the API server's trouble, or our fault.
 */
export function createDetector(options: DetectorOptions): Handler {
  const { state, clock } = options;
  const ports: PollPorts = {
    ...options,
    budgets: new Budgets(options),
    breakers: new Breakers(state),
    memory: createMemory(state, clock),
    vanguard: new Vanguard(),
    providers: options.providers ?? createProviders(),
  };
  return async (key, signal) => {
    const gate = gateOfKey(key);
    const keys = [stateKeys.spec(key), stateKeys.observation(key), blockKey(gate), refusalsKey(gate)];
    const [specText, observed, blocked, refusals] = await state.getMany(keys);
    if (specText === undefined) {
      // Whoever watches the source again later must not build what it was long ago.
      if (observed !== undefined) await state.delete(stateKeys.observation(key));
      return undefined;
    }
    const spec = JSON.parse(specText) as SourceSpec;
    ports.budgets.note(sourceHost(spec.source), spec.credentialId, blocked);
    const previous = parseObservation(observed);
    return new Poll(ports, { spec, previous, stored: observed, refusals, signal }).run();
  };
}

function parseObservation(text: string | undefined): Observation | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Observation);
}
