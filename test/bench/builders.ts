// Shipwright played by a machine, as far as the benchmark needs it: every run ends well after a time, and when each was created is noted.
import { createHash } from 'node:crypto';
import { kinds } from '../../src/function/kinds.ts';
import { labels } from '../../src/function/names.ts';
import type { Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { preciseNow } from './servant.ts';

export interface CreatedRun {
  /** `namespace/name` of the Function. */
  readonly function: string;
  /** When its creation was heard of, milliseconds since the epoch. */
  readonly at: number;
}

export interface Builders extends AsyncDisposable {
  /** In the order in which they were created. */
  readonly created: CreatedRun[];
  /** Runs that live now, and the most that ever did. */
  readonly alive: number;
  readonly mostAlive: number;
}

interface RunView {
  readonly namespace: string;
  readonly name: string;
  readonly function: string;
  readonly over: boolean;
}

export async function startBuilders(kube: Kube, durationMs: number): Promise<Builders> {
  const created: CreatedRun[] = [];
  const alive = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let mostAlive = 0;

  const finish = (run: RunView) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      end(kube, run).catch((error: unknown) => process.stderr.write(`a run could not be ended: ${String(error)}\n`));
    }, durationMs);
    timers.add(timer);
  };
  const reflector = kube.reflect<RunView>({
    kind: kinds.buildRun,
    project: viewRun,
    changed: (run, previous) => {
      const key = `${run.namespace}/${run.name}`;
      if (run.over) return void alive.delete(key);
      if (previous !== undefined) return;
      created.push({ function: run.function, at: preciseNow() });
      alive.add(key);
      mostAlive = Math.max(mostAlive, alive.size);
      finish(run);
    },
    gone: run => alive.delete(`${run.namespace}/${run.name}`),
  });
  await reflector.synced;
  return {
    created,
    get alive() {
      return alive.size;
    },
    get mostAlive() {
      return mostAlive;
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      await reflector[Symbol.asyncDispose]();
    },
  };
}

function viewRun(run: KubeObject): RunView {
  const { namespace = '', name, labels: own } = run.metadata;
  const { conditions = [] } = (run['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  const over = conditions.some(({ type, status }) => type === 'Succeeded' && status !== 'Unknown');
  return { namespace, name, function: `${namespace}/${own?.[labels.function] ?? ''}`, over };
}

async function end(kube: Kube, { namespace, name }: RunView): Promise<void> {
  const now = new Date().toISOString();
  const digest = `sha256:${createHash('sha256').update(name).digest('hex')}`;
  const succeeded = {
    type: 'Succeeded',
    status: 'True',
    reason: 'Succeeded',
    message: 'built',
    lastTransitionTime: now,
  };
  const status = { conditions: [succeeded], startTime: now, completionTime: now, output: { digest, size: 1000 } };
  await kube.patch({ kind: kinds.buildRun, namespace, name }, { status }, { subresource: 'status' });
}
