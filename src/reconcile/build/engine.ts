// Which engine a new build takes: the one that the Function names, else the first of the list that the cluster serves.
import type { Backend } from '../../build/backend.ts';
import { backends, defaultBackend } from '../../build/backends.ts';
import type { Hold } from '../../decide/rule.ts';
import type { Steering } from '../../function/annotations.ts';
import { problemText } from '../../function/problem.ts';
import { reasons } from '../../function/reasons.ts';
import type { BuildStatus } from '../../function/status.ts';
import type { Kube } from '../../platform/kube/kube.ts';

/** How soon it is looked again whether an engine was installed. */
const lookAgainMs = 60_000;

/** Where nothing is served it is the default, and the creation of its run says so. With hooks, the first that runs them comes first. */
export async function chooseBackend(
  kube: Pick<Kube, 'serves'>,
  { engine, hooks }: Pick<Steering, 'engine'> & Partial<Pick<Steering, 'hooks'>>,
): Promise<Backend> {
  const named = backends.filter(backend => backend.engine === engine);
  if (hooks?.hooks && named.length === 0) {
    const able = await firstServed(
      kube,
      backends.filter(({ takesHooks }) => takesHooks),
    );
    if (able) return able;
  }
  const served = await firstServed(kube, named.length > 0 ? named : backends);
  return served ?? named[0] ?? defaultBackend;
}

/** The first that the cluster serves; undefined where it serves none. */
export async function firstServed(
  kube: Pick<Kube, 'serves'>,
  candidates: readonly Backend[],
): Promise<Backend | undefined> {
  for (const backend of candidates) if (await kube.serves(backend.run)) return backend;
  return undefined;
}

/**
 * The engine of a build that goes on: the one that was recorded with its intent, for its run may be there, whatever the Function names by now.
 * An engine that the cluster does not serve holds no run; another one may build what it never began.
 */
export async function recordedBackend(
  kube: Pick<Kube, 'serves'>,
  { engine, state }: BuildStatus,
  chosen: Backend,
): Promise<Backend> {
  const known = backends.find(backend => backend.engine === engine)?.engine;
  if (known === undefined || known === chosen.engine) return chosen;
  const recorded = await chooseBackend(kube, { engine: known });
  return state === 'Created' && !(await kube.serves(recorded.run)) ? chosen : recorded;
}

/** Why no build may start on this engine: its hooks are not understood, or would be left out. Undefined: it may. */
export function refuseHooks(
  backend: Backend,
  { hooks: { hooks, problems }, engine }: Steering,
  now: number,
): Hold | undefined {
  if (problems.length > 0) {
    return { reason: 'BadHooks', message: `${reasons.BadHooks}: ${problems.map(problemText).join('; ')}` };
  }
  if (hooks === undefined || backend.takesHooks) return undefined;
  const reason = 'HooksNeedTekton';
  const [able] = backends.filter(({ takesHooks }) => takesHooks);
  if (engine !== undefined) {
    const message = `build-engine is ${engine}, which runs no Tasks: name ${able?.engine}, or take the hooks away`;
    return { reason, message: `${reasons[reason]}; ${message}` };
  }
  const message = `the cluster does not serve ${able && apiOf(able)}: install ${able?.engine}, or take the hooks away`;
  return { reason, message: `${reasons[reason]}; ${message}`, until: now + lookAgainMs };
}

/** That a run cannot be created, since its engine is not there. */
export function sayNoEngine(backend: Backend, { engine }: Steering): string {
  if (engine !== undefined) return `the cluster does not serve ${apiOf(backend)}; install ${engine}`;
  const newest = backends.filter((each, at) => backends.findIndex(other => other.engine === each.engine) === at);
  const apis = newest.map(apiOf).join(' nor ');
  return `the cluster serves neither ${apis}; install ${newest.map(each => each.engine).join(' or ')}`;
}

function apiOf({ run }: Backend): string {
  return `${run.plural}.${run.apiVersion}`;
}
