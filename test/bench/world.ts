// What every measurement stands on: the sources server, templates, and API servers that were seeded with a fleet.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kube } from '../../src/platform/kube/kube.ts';
import type { CallCounts, SeenCall } from './api-server.ts';
import type { Member } from './fleet.ts';
import type { Sighted } from './heads.ts';
import { seed } from './seed.ts';
import { type Servant, startServant } from './servant.ts';
import { connect, type Hosts, makeTemplates, type Template } from './template.ts';
import { startWorker, type Worker } from './worker.ts';

/** What the sources server was asked since it was reset. */
export interface PollCounts {
  /** Distinct sources that were asked. */
  readonly sources: number;
  readonly requests: number;
  /** Of one source. */
  readonly most: number;
  /** Both ways, since the start. */
  readonly gitBytes: number;
  readonly registryBytes: number;
}

export interface World extends AsyncDisposable {
  readonly hosts: Hosts;
  readonly sources: Servant;
  /** When each moved id was answered for the first time. */
  readonly sighted: ReadonlyMap<string, number>;
  polls(): Promise<PollCounts>;
  /** Starts an API server with a fleet in it, all settled. */
  cluster(fleet: readonly Member[], interval: string): Promise<Cluster>;
}

export interface Cluster extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly kube: Kube;
  worker(flags?: readonly string[]): Promise<Worker>;
  /** Writes that revflow made, without Events and Leases. */
  writes(): Promise<number>;
  trace(): Promise<void>;
  /** What revflow asked since `trace`, without Events and Leases. */
  traced(): Promise<readonly SeenCall[]>;
}

/** Prints progress. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

export async function startWorld(profile: string | undefined): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'revflow-bench-'));
  const sighted = new Map<string, number>();
  const told = (message: object) => {
    const { sighted: id, at } = message as Sighted;
    sighted.set(id, at);
  };
  const sources = await startServant('sources.ts', { told });
  const hosts = await sources.ask<Hosts>('hosts');
  const templates = new Map<string, Promise<{ readonly dir: string; readonly templates: readonly Template[] }>>();

  async function prepare(interval: string) {
    progress(`building templates at ${interval}`);
    const dir = join(root, `template-${interval}`);
    return { dir, templates: await makeTemplates(dir, hosts, interval) };
  }

  let clusters = 0;
  return {
    hosts,
    sources,
    sighted,
    polls: () => sources.ask('counts'),
    async cluster(fleet, interval) {
      const known = templates.get(interval) ?? prepare(interval);
      templates.set(interval, known);
      const { dir: from, templates: made } = await known;
      clusters += 1;
      const dir = join(root, `cluster-${clusters}`);
      await cp(from, dir, { recursive: true });
      progress(`seeding ${fleet.length} Functions`);
      seed(dir, made, fleet);
      await sources.ask('rewind');
      return startCluster({ dir, hosts, profile });
    },
    async [Symbol.asyncDispose]() {
      await sources[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

interface ClusterOptions {
  readonly dir: string;
  readonly hosts: Hosts;
  readonly profile: string | undefined;
}

async function startCluster({ dir, hosts, profile }: ClusterOptions): Promise<Cluster> {
  const begun = performance.now();
  const server = await startServant('api-server.ts', { flags: ['--max-old-space-size=8192'] });
  const kubeconfig = await server.ask<string>('start', { dir });
  progress(`API server started in ${Math.round(performance.now() - begun)} ms`);
  const kube = await connect(kubeconfig);
  return {
    kubeconfig,
    kube,
    worker: flags => startWorker({ kubeconfig, allow: Object.values(hosts), profile, flags: flags ?? [] }),
    async writes() {
      const counts = await server.ask<CallCounts>('counts');
      const ours = Object.entries(counts).filter(([key]) => isOurWrite(key));
      return ours.reduce((sum, [, count]) => sum + count, 0);
    },
    trace: () => server.ask('trace'),
    async traced() {
      const seen = await server.ask<readonly SeenCall[]>('traced');
      return seen.filter(({ agent, plural }) => agent === 'revflow' && !aside.has(plural));
    },
    async [Symbol.asyncDispose]() {
      await kube[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What stands beside the work on Functions. */
const aside: ReadonlySet<string> = new Set(['events', 'leases']);

function isOurWrite(key: string): boolean {
  const [agent, method = '', plural = ''] = key.split(' ');
  return agent === 'revflow' && method !== 'GET' && !aside.has(plural);
}
