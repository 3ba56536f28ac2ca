// What revflow counts, in one closed table; labels name hosts, drivers and results, never a source or a Function.
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

const fastSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const slowSeconds = [1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300, 900];

interface Definition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

/** Every metric: what it is, and by what it is told apart. */
export const metricTable = {
  revflow_polls_total: {
    kind: 'counter',
    help: 'Questions to sources; result is changed, unchanged, missing or a reason',
    labels: ['host', 'driver', 'result'],
  },
  revflow_tree_reads_total: {
    kind: 'counter',
    help: 'Changed commits whose watched paths were looked up; result is read or a reason',
    labels: ['host', 'driver', 'result'],
  },
  revflow_http_requests_total: {
    kind: 'counter',
    help: 'HTTP exchanges; status is the number, or the reason why there was no answer',
    labels: ['host', 'status'],
  },
  revflow_budget_remaining: {
    kind: 'gauge',
    help: 'Requests that a host still allows until its reset, as its last answer with a limit said',
    labels: ['host'],
  },
  revflow_detection_seconds: {
    kind: 'histogram',
    help: 'From the poll before a change to the poll that saw it: how long it can have stayed unseen',
    labels: ['driver'],
    buckets: slowSeconds,
  },
  revflow_emission_seconds: {
    kind: 'histogram',
    help: 'From the last look at a source, which a run is made for, to the creation of that run',
    labels: [],
    buckets: fastSeconds,
  },
  revflow_sources: { kind: 'gauge', help: 'Distinct sources that are watched', labels: [] },
  revflow_overdue_sources: {
    kind: 'gauge',
    help: 'Sources that were not asked when they should have been',
    labels: [],
  },
  revflow_reconciles_total: {
    kind: 'counter',
    help: 'Reconciles of Functions; result is done, waiting, stalled, retry or error',
    labels: ['result'],
  },
  revflow_reconcile_seconds: {
    kind: 'histogram',
    help: 'How long a reconcile takes',
    labels: [],
    buckets: fastSeconds,
  },
  revflow_queue_keys: {
    kind: 'gauge',
    help: 'Keys in a queue, told by the leader; state is waiting, due or running',
    labels: ['queue', 'state'],
  },
  revflow_unexpected_errors_total: { kind: 'counter', help: 'Faults of revflow itself', labels: [] },
  revflow_api_requests_total: {
    kind: 'counter',
    help: 'Requests to the API server; status 0 is no answer',
    labels: ['verb', 'status'],
  },
  process_resident_memory_bytes: { kind: 'gauge', help: 'Memory of the process', labels: [] },
} as const satisfies Record<string, Definition>;

type Table = typeof metricTable;
type Of<Kind extends Definition['kind']> = {
  [Name in keyof Table]: Table[Name]['kind'] extends Kind ? Name : never;
}[keyof Table];

type MetricLabels<Name extends keyof Table> = Readonly<Record<Table[Name]['labels'][number], string>>;
/** Metrics without labels take none. */
type LabelsArgument<Name extends keyof Table> = Table[Name]['labels']['length'] extends 0
  ? Readonly<Record<never, string>> | undefined
  : MetricLabels<Name>;

export interface Metrics {
  /** Adds `by` (default 1) to a counter. */
  count<Name extends Of<'counter'>>(name: Name, ...rest: CountArguments<Name>): void;
  gauge<Name extends Of<'gauge'>>(name: Name, labels: LabelsArgument<Name>, value: number): void;
  observe<Name extends Of<'histogram'>>(name: Name, labels: LabelsArgument<Name>, seconds: number): void;
  /** All of them in the text format of Prometheus. */
  text(): Promise<string>;
}

type CountArguments<Name extends keyof Table> = Table[Name]['labels']['length'] extends 0
  ? [labels?: Readonly<Record<never, string>> | undefined, by?: number]
  : [labels: MetricLabels<Name>, by?: number];

/** Hosts come from users: beyond so many, the rest is counted as one. */
const mostHosts = 200;

/** The metrics of one process, all of the table, from zero on. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const metrics = new Map<string, Counter<string> | Gauge<string> | Histogram<string>>();
  const hosts = new Set<string>();
  for (const [name, definition] of Object.entries<Definition>(metricTable)) {
    metrics.set(name, create(name, definition, registry));
  }

  function bounded(labels: object | undefined): Record<string, string> {
    const named: Record<string, string> = { ...labels };
    const { host } = named;
    if (host === undefined || hosts.has(host)) return named;
    if (hosts.size >= mostHosts) return { ...named, host: 'other' };
    hosts.add(host);
    return named;
  }

  const recorded: Omit<Metrics, 'text'> = {
    count(name, ...[labels, by]) {
      const counter = metrics.get(name);
      if (counter instanceof Counter) counter.inc(bounded(labels), by ?? 1);
    },
    gauge(name, labels, value) {
      const gauge = metrics.get(name);
      if (gauge instanceof Gauge) gauge.set(bounded(labels), value);
    },
    observe(name, labels, seconds) {
      const histogram = metrics.get(name);
      if (histogram instanceof Histogram) histogram.observe(bounded(labels), seconds);
    },
  };
  return {
    ...recorded,
    async text() {
      recorded.gauge('process_resident_memory_bytes', {}, process.memoryUsage.rss());
      return registry.metrics();
    },
  };
}

function create(name: string, { kind, help, labels, buckets }: Definition, registry: Registry) {
  const common = { name, help, labelNames: [...labels], registers: [registry] };
  if (kind === 'counter') return new Counter(common);
  if (kind === 'gauge') return new Gauge(common);
  return new Histogram({ ...common, buckets: [...(buckets ?? fastSeconds)] });
}
