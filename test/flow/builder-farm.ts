// Shipwright played by a machine: every BuildRun of some namespaces ends by itself, and each one ever created is remembered.
import { createHash } from 'node:crypto';
import { kinds } from '../../src/function/kinds.ts';
import { labels } from '../../src/function/names.ts';
import type { Kube, KubeObject, ReflectorOptions } from '../../src/platform/kube/kube.ts';
import { eventually } from '../eventually.ts';

/** A run as it was created. */
export interface CreatedRun {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Name of the Function. */
  readonly function: string;
  readonly sequence: number;
  /** What its Build is pinned to; undefined: as written. */
  readonly revision: string | undefined;
}

export interface BuilderFarm extends AsyncDisposable {
  /** Every run that the API server ever created here, in that order. */
  readonly created: readonly CreatedRun[];
  /** What the runs of one Function were pinned to, in that order. */
  revisionsOf(functionName: string): readonly (string | undefined)[];
  /** The most runs that lived at one time. */
  readonly mostAlive: number;
  /** How long a build takes, milliseconds; Infinity: until `release`. */
  durationMs: number;
  /** Names of Functions whose builds take another time, milliseconds. */
  readonly durations: Map<string, number>;
  /** Names of Functions whose builds wait until `release`. */
  readonly slow: Set<string>;
  /** Revisions that fail to build. */
  readonly broken: Set<string>;
  /** Ends what waits, of all Functions or of one. */
  release(functionName?: string): Promise<void>;
}

/** Begins to build in one namespace, in several, or everywhere. */
export async function startBuilderFarm(kube: Kube, namespace?: string | readonly string[]): Promise<BuilderFarm> {
  const created: CreatedRun[] = [];
  const alive = new Map<string, KubeObject>();
  const timers = new Map<string, NodeJS.Timeout>();
  let mostAlive = 0;
  const farm = {
    durationMs: 0,
    broken: new Set<string>(),
    slow: new Set<string>(),
    durations: new Map<string, number>(),
  };
  const pending = new Set<Promise<void>>();
  /** Of each run, when what it builds was read: before it ends, for then it may be removed with its Build. */
  const noted = new Map<string, Promise<void>>();

  const end = (run: KubeObject): void => {
    const read = noted.get(uidOf(run)) ?? Promise.resolve();
    const work = read
      .then(() => finish(kube, run, farm.broken))
      .catch((error: unknown) => {
        // The run was deleted meanwhile, or the API server is away: the reflector tells of it again.
        if (alive.has(uidOf(run)))
          timers.set(
            uidOf(run),
            setTimeout(() => end(run), 200),
          );
        else void error;
      });
    pending.add(work);
    void work.finally(() => pending.delete(work));
  };
  const note = async (run: KubeObject): Promise<void> => {
    const { labels: own = {}, name, namespace: where = '' } = run.metadata;
    const revision = await patiently(() => revisionOf(kube, run));
    created.push({
      namespace: where,
      name,
      uid: uidOf(run),
      function: nameOf(run),
      sequence: Number(own[labels.sequence]),
      revision,
    });
  };
  const remember = (run: KubeObject): void => {
    if (noted.has(uidOf(run))) return;
    // What still fails when a test is over is of no interest any more.
    const work = note(run).catch(() => {});
    noted.set(uidOf(run), work);
    pending.add(work);
    void work.finally(() => pending.delete(work));
  };
  const start = (run: KubeObject): void => {
    if (farm.durationMs !== Infinity && !farm.slow.has(nameOf(run)))
      timers.set(
        uidOf(run),
        setTimeout(() => end(run), farm.durations.get(nameOf(run)) ?? farm.durationMs),
      );
  };
  const handlers: ReflectorOptions<KubeObject> = {
    kind: kinds.buildRun,
    project: object => object,
    changed: run => {
      remember(run);
      if (isOver(run)) return void alive.delete(uidOf(run));
      const isNew = !alive.has(uidOf(run));
      alive.set(uidOf(run), run);
      mostAlive = Math.max(mostAlive, alive.size);
      if (isCancelled(run)) return end(run);
      if (isNew) start(run);
    },
    gone: run => {
      alive.delete(uidOf(run));
      clearTimeout(timers.get(uidOf(run)));
    },
  };
  const scopes = namespace === undefined ? [{}] : [namespace].flat().map(each => ({ namespace: each }));
  const reflectors = scopes.map(scope => kube.reflect<KubeObject>({ ...handlers, ...scope }));
  await Promise.all(reflectors.map(reflector => reflector.synced));
  return Object.assign(farm, {
    created,
    revisionsOf: (name: string) => created.filter(run => run.function === name).map(run => run.revision),
    get mostAlive() {
      return mostAlive;
    },
    async release(name?: string) {
      for (const run of alive.values()) if (name === undefined || name === nameOf(run)) end(run);
      await Promise.all(pending);
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(reflectors.map(reflector => reflector[Symbol.asyncDispose]()));
      await Promise.all(pending);
    },
  });
}

/** Who counts runs must not lose one because the API server was away for a moment. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const { answer } = await eventually('the API server answers the builders', async () => ({ answer: await ask() }));
  return answer;
}

/** The digest that the farm gives to what it builds: the same revision of the same Function is the same image. */
export function digestOf(functionName: string, revision: string | undefined): string {
  return `sha256:${createHash('sha256')
    .update(`${functionName}@${revision ?? 'as written'}`)
    .digest('hex')}`;
}

async function finish(kube: Kube, run: KubeObject, broken: ReadonlySet<string>): Promise<void> {
  const revision = await revisionOf(kube, run);
  const now = new Date().toISOString();
  const isBroken = revision !== undefined && broken.has(revision);
  const [status, reason] = isCancelled(run)
    ? ['False', 'BuildRunCanceled']
    : isBroken
      ? ['False', 'Failed']
      : ['True', 'Succeeded'];
  const conditions = [
    { type: 'Succeeded', status, reason, message: `the build ended: ${reason}`, lastTransitionTime: now },
  ];
  const source = revision?.startsWith('sha256:')
    ? { ociArtifact: { digest: revision } }
    : { git: { commitSha: revision ?? '0'.repeat(40), commitAuthor: 'A. Author' } };
  const good = {
    output: { digest: digestOf(nameOf(run), revision), size: 1000 },
    source,
  };
  const ref = { kind: kinds.buildRun, namespace: run.metadata.namespace ?? '', name: run.metadata.name };
  const body = { conditions, startTime: now, completionTime: now, ...(status === 'True' ? good : {}) };
  await kube.patch(ref, { metadata: { uid: run.metadata.uid }, status: body }, { subresource: 'status' });
}

async function revisionOf(kube: Kube, run: KubeObject): Promise<string | undefined> {
  const { build } = run['spec'] as { readonly build: { readonly name: string } };
  const found = await kube.get({ kind: kinds.build, namespace: run.metadata.namespace ?? '', name: build.name });
  const { source } = (found?.['spec'] ?? {}) as {
    readonly source?: {
      readonly git?: { readonly revision?: string };
      readonly ociArtifact?: { readonly image: string };
    };
  };
  return source?.ociArtifact ? source.ociArtifact.image.split('@')[1] : source?.git?.revision;
}

function isOver(run: KubeObject): boolean {
  const { conditions } = (run['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions?.some(({ type, status }) => type === 'Succeeded' && status !== 'Unknown') ?? false;
}

function isCancelled(run: KubeObject): boolean {
  return (run['spec'] as { readonly state?: string }).state === 'BuildRunCanceled';
}

/** Of its Function. */
function nameOf({ metadata }: KubeObject): string {
  return metadata.labels?.[labels.function] ?? '';
}

function uidOf({ metadata }: KubeObject): string {
  return metadata.uid ?? '';
}
