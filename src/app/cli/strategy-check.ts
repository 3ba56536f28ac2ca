// What the strategy of a build would refuse, known from the files at hand or from what revflow brings with it; no cluster is asked.
import { z } from 'zod';
import type { Backend } from '../../build/backend.ts';
import { shipwright } from '../../build/shipwright/backend.ts';
import { shippedStrategy } from '../../build/shipwright/shipped.ts';
import { missingParameter, problemsOf } from '../../build/strategy.ts';
import type { BuilderObject } from '../../function/schema.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import type { Manifest } from './manifests.ts';

/** Sentences about one Function. */
export interface Findings {
  /** It cannot run so. */
  readonly problems: readonly string[];
  /** It may run otherwise than it is meant, or could not be looked at. */
  readonly warnings: readonly string[];
  /** What the run needs in the cluster besides, as far as it is known. */
  readonly needed?: readonly KubeObject[];
}

/** `objects`: what the backend emits for the Builder. `manifests`: everything that the files hold; strategies among them go before ours. */
export function checkStrategy(
  { backend, builder }: { readonly backend: Backend; readonly builder: BuilderObject },
  objects: readonly KubeObject[],
  manifests: readonly Manifest[],
): Findings {
  if (backend.engine === 'tekton') return { problems: objects.flatMap(missingParams), warnings: [] };
  const forbidden = forbiddenVariables(builder);
  const found = strategyOf(backend, builder, manifests);
  if (found === undefined) return { problems: [], warnings: forbidden };
  const { document } = found;
  if (document !== undefined)
    return { problems: problemsOf(builder.spec, document), warnings: forbidden, needed: [document] };
  const unknown = `${found.name} is in none of the files: what it asks is not checked`;
  return { problems: [], warnings: [unknown, ...forbidden] };
}

interface Found {
  /** Kind and name, for people. */
  readonly name: string;
  readonly document: KubeObject | undefined;
}

/** The one that the build names; undefined: the engine has no such kind, which the run itself will say. */
function strategyOf(backend: Backend, builder: BuilderObject, manifests: readonly Manifest[]): Found | undefined {
  const named = backend.strategy?.(builder.spec);
  if (named === undefined) return undefined;
  const { kind, name } = named;
  const { namespace } = builder.metadata;
  const given = manifests.findLast(
    ({ object: { apiVersion, kind: own, metadata } }) =>
      apiVersion === kind.apiVersion &&
      own === kind.kind &&
      metadata.name === name &&
      (kind.cluster === true || (metadata.namespace ?? namespace) === namespace),
  );
  const ours = kind.cluster === true && backend === shipwright ? shippedStrategy(name) : undefined;
  return { name: `${kind.kind} ${name}`, document: given?.object ?? ours };
}

/** What Shipwright refuses in `spec.env` where nobody changed its settings. */
const forbidden =
  /^(?:LD_.*|BASH_FUNC_.*|BASH_ENV|ENV|CDPATH|PYTHONSTARTUP|PERL5OPT|PERLLIB|PERL5LIB|RUBYOPT|NODE_OPTIONS)$/;

function forbiddenVariables({ spec }: BuilderObject): readonly string[] {
  const names = Object.keys(spec.env ?? {}).filter(name => forbidden.test(name));
  return names.toSorted().map(name => `Shipwright refuses the variable ${name}, unless its own settings allow it`);
}

const run = z.object({
  spec: z.object({
    params: z.array(z.object({ name: z.string() })),
    pipelineSpec: z.object({ params: z.array(z.object({ name: z.string(), default: z.unknown().optional() })) }),
  }),
});

/** Parameters of an inlined pipeline that have neither a value nor a default. */
function missingParams(object: KubeObject): readonly string[] {
  const { data } = run.safeParse(object);
  const given = new Set(data?.spec.params.map(({ name }) => name));
  const missing = data?.spec.pipelineSpec.params.filter(param => param.default === undefined && !given.has(param.name));
  return (missing ?? []).map(({ name }) => missingParameter(name));
}
