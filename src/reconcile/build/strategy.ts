// What the strategy of a build would refuse, known before a run is created. Read only where something of it could clash.
import type { Backend } from '../../build/backend.ts';
import { variableProblems } from '../../build/strategy.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import { KubeError, type KubeObject } from '../../platform/kube/kube.ts';
import type { Context } from '../context.ts';

/** Why the run would fail, in one sentence; undefined: nothing is known against it. A strategy that cannot be read says nothing. */
export async function strategyRefusal(
  { options, fn }: Context,
  backend: Backend,
  spec: BuilderSpec,
): Promise<string | undefined> {
  if (Object.keys(spec.env ?? {}).length === 0) return undefined;
  const { name, kind } = backend.strategy?.(spec) ?? {};
  if (name === undefined || kind === undefined) return undefined;
  const found = await readOrNothing(() =>
    options.kube.get({ kind, name, ...(kind.cluster ? {} : { namespace: fn.metadata.namespace }) }),
  );
  const problems = found === undefined ? [] : variableProblems(spec, found);
  return problems.length === 0 ? undefined : problems.join('; ');
}

/** Roles of an older version do not let it be read; the run says then what is wrong. */
async function readOrNothing(ask: () => Promise<KubeObject | undefined>): Promise<KubeObject | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof KubeError) return undefined;
    throw error;
  }
}
