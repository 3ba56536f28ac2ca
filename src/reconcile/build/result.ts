// What has become of a run: what it says itself, what its engine refused before it said anything, and what objects beside it add.
import type { Backend, RunResult } from '../../build/backend.ts';
import { belongsTo } from '../../function/child.ts';
import { KubeError, type KubeObject } from '../../platform/kube/kube.ts';
import type { Reading } from '../context.ts';

/** A run that is there. */
export interface RunOfBuilder {
  readonly run: KubeObject;
  /** Whose run it is. */
  readonly builder: { readonly name: string; readonly uid: string };
}

export interface Reported {
  readonly result: RunResult;
  /** The engine refused the build before the run said anything: the run will never begin. */
  readonly refused: boolean;
}

/** Reads it live; what the run itself leaves open is asked for by name. Throws what the API server's errors become. */
export async function readResult(reading: Reading, backend: Backend, found: RunOfBuilder): Promise<Reported> {
  const refusal = await refusalOf(reading, backend, found);
  return { result: refusal ?? (await detailed(reading, backend, found.run)), refused: refusal !== undefined };
}

/** What became of a run; a failed one may leave it to others to say why. */
async function detailed({ options, fn }: Reading, backend: Backend, run: KubeObject): Promise<RunResult> {
  const result = backend.result(run);
  const { kind, names, refine } = backend.details ?? {};
  if (!kind || !names || !refine) return result;
  const { namespace } = fn.metadata;
  const read = (name: string) => unlessForbidden(() => options.kube.get({ kind, namespace, name }));
  const found = await Promise.all(names(run, result).map(read));
  // A status names whatever it likes; only what belongs to the run speaks for it.
  const isOwn = ({ metadata }: KubeObject) => metadata.ownerReferences?.some(({ uid }) => uid === run.metadata.uid);
  const own = found.filter(object => object !== undefined).filter(isOwn);
  return refine(result, own);
}

/** Roles of an older version do not let it be read; then the run says all that is known. */
async function unlessForbidden<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof KubeError && error.status === 403) return undefined;
    throw error;
  }
}

/** Only a run that has said nothing yet can have been refused: then it never will. */
async function refusalOf(
  { options, fn }: Reading,
  { registration }: Backend,
  { run, builder }: RunOfBuilder,
): Promise<RunResult | undefined> {
  if (registration === undefined || Object.keys(Object(run['status'])).length > 0) return undefined;
  const { namespace } = fn.metadata;
  const found = await options.kube.get({ kind: registration.kind, namespace, name: registration.name(builder.name) });
  return found && belongsTo(found, builder.uid) ? registration.refusal(found) : undefined;
}
