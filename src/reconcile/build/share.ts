// What a build asks of the office of slots: a run of its own, or to share one that another Function of the namespace has.
import type { Backend, BuildOrder, Emitted } from '../../build/backend.ts';
import { orderFor } from '../../build/builder.ts';
import { shareKey } from '../../build/share.ts';
import { kinds } from '../../function/kinds.ts';
import { shareAnnotation } from '../../function/names.ts';
import type { BuilderObject } from '../../function/schema.ts';
import type { BuilderSpec } from '../../function/schema-build.ts';
import type { Context, Reading } from '../context.ts';

/** Somebody asked for this very build: it is never another one's. */
const asked: ReadonlySet<string> = new Set(['RebuildRequested', 'Cleared', 'BuilderDeleted']);
/** Where so many shared runs failed in a row, all that followed them build at once. */
const mostUnshared = 2;

/** What an engine is told of a Builder. */
function buildOrder({ draft, steering }: Reading, builder: BuilderObject): BuildOrder {
  return orderFor(builder, draft.status.build?.revision, steering);
}

/** A build that is to start: it stands in the draft. */
export interface Starter {
  readonly backend: Backend;
  readonly spec: BuilderSpec;
  /** The Builder whose run it shared before, in vain. */
  readonly past?: string | undefined;
}

/** Claims a slot for the build in the draft, and notes there whose run it shares, if any. */
export async function claimRun(
  context: Context,
  { backend, spec, past }: Starter,
): Promise<'granted' | 'wait' | 'shared'> {
  const { draft, fn, options } = context;
  const { namespace, name, uid } = fn.metadata;
  const { sequence = 0, resourceRef: builder = '', cause = '', unshared = 0 } = draft.status.build ?? {};
  const key = shareOf(context, backend, spec);
  const own = asked.has(cause) || unshared >= mostUnshared;
  const share = key === undefined ? undefined : { key, own, past };
  const answer = await options.slots.take({ namespace, name, uid, sequence, builder, share });
  if (answer === 'granted' || answer === 'wait') return answer;
  draft.set({ build: { ...draft.status.build, follows: { ...answer, share: key ?? '' } } });
  return 'shared';
}

/** The objects to create, with the hash on the run that others may share. */
export function emitShared(context: Reading, backend: Backend, builder: BuilderObject): readonly Emitted[] {
  const emitted = backend.emit(buildOrder(context, builder));
  const share = shareOf(context, backend, builder.spec);
  if (share === undefined) return emitted;
  return emitted.map(({ kind, object }, at) => {
    if (at < emitted.length - 1) return { kind, object };
    const annotations = { ...object.metadata.annotations, [shareAnnotation]: share };
    return { kind, object: { ...object, metadata: { ...object.metadata, annotations } } };
  });
}

function shareOf(reading: Reading, backend: Backend, spec: BuilderSpec): string | undefined {
  const { draft, fn } = reading;
  const { namespace, uid, name } = fn.metadata;
  const { apiVersion, kind } = kinds.builder;
  const metadata = { namespace, uid, name: draft.status.build?.resourceRef ?? '' };
  const order = buildOrder(reading, { apiVersion, kind, metadata, spec });
  const madeWith = (draft.status.watch?.buildImages ?? []).map(({ image, digest }) => ({ image, digest }));
  return shareKey({ backend, order, name, madeWith });
}
