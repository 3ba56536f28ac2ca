// A process that is the embedded API server, and counts what it is asked, by whom.
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { type ApiServer, startApiServer } from '../../src/local/api-server/server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/logger.ts';
import { answerParent, preciseNow } from './servant.ts';

/** One request as it came in. */
export interface SeenCall {
  readonly at: number;
  readonly agent: string;
  readonly method: string;
  readonly plural: string;
}

/** Counts by `agent method plural`. */
export type CallCounts = Readonly<Record<string, number>>;

const counts = new Map<string, number>();
let trace: SeenCall[] | undefined;
let server: ApiServer | undefined;

subscribe('http.server.request.start', message => {
  const { request } = message as { readonly request: IncomingMessage };
  const { method = '', url = '', headers } = request;
  const path = url.split('?')[0] ?? '';
  const [, plural = ''] = /^\/apis?\/(?:[^/]+\/)?v[^/]+\/(?:namespaces\/[^/]+\/)?([^/]+)/.exec(path) ?? [];
  const agent = headers['user-agent'] ?? '';
  const key = `${agent} ${method} ${plural}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
  trace?.push({ at: preciseNow(), agent, method, plural });
});

answerParent({
  async start(argument) {
    const { dir } = argument as { readonly dir: string };
    const log = createLog({ level: 'warn', pretty: true, write: line => void process.stderr.write(line) });
    server = await startApiServer({ dir, clock: systemClock, log });
    return server.kubeconfig;
  },
  counts: () => Object.fromEntries(counts),
  /** Begins to remember single requests. */
  trace: () => {
    trace = [];
  },
  /** What was asked since. */
  traced: () => {
    const seen = trace ?? [];
    trace = [];
    return seen;
  },
  async close() {
    await server?.close();
  },
});
