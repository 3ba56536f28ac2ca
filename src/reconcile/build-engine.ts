// Which engine a new build takes: the one that the Function names, else the first of the list that the cluster serves.
import type { Backend } from '../build/backend.ts';
import { backends, defaultBackend } from '../build/backends.ts';
import type { Steering } from '../function/annotations.ts';
import type { Kube } from '../platform/kube/kube.ts';

/** Where nothing is served it is the default, and the creation of its run says so. */
export async function chooseBackend(kube: Pick<Kube, 'serves'>, { engine }: Steering): Promise<Backend> {
  const named = backends.find(backend => backend.engine === engine);
  if (named) return named;
  for (const backend of backends) if (await kube.serves(backend.run)) return backend;
  return defaultBackend;
}

/** That a run cannot be created, since its engine is not there. */
export function sayNoEngine(backend: Backend, { engine }: Steering): string {
  if (engine !== undefined) return `the cluster does not serve ${apiOf(backend)}; install ${engine}`;
  const apis = backends.map(apiOf).join(' nor ');
  return `the cluster serves neither ${apis}; install ${backends.map(each => each.engine).join(' or ')}`;
}

function apiOf({ run }: Backend): string {
  return `${run.plural}.${run.apiVersion}`;
}
