// From a source to its subscribers: after each poll, those Functions whose recorded state differs from what was seen are woken.
import { idsOf, judgePaths } from '../../decide/path-filter.ts';
import { type Head, type Observation, ofWant } from '../../revision/observation.ts';
import type { BuildImageWatch } from '../../watch/build-images.ts';
import type { FunctionView } from './function-view.ts';

/** Whether an observation asks for a reconcile of this Function. Pure; an observation that says what is recorded asks for none. */
export function concerns(view: FunctionView, observation: Observation): boolean {
  const { watch } = view;
  if (watch === undefined) return false;
  const head = ofWant(observation.heads, watch.want);
  if (observation.failure !== undefined) return observation.failure.reason !== view.watching;
  // A ref that the last poll did not ask for yet: the next one will.
  if (head === undefined) return false;
  if (head.kind === 'missing') return view.watching !== (watch.source.kind === 'git' ? 'RefNotFound' : 'TagNotFound');
  if (view.watching !== 'Observed') return true;
  return watch.paths === undefined ? isNew(view, head.id) : isNewWithin(watch.paths, view, head);
}

function isNew({ observed, baseline, holding }: FunctionView, id: string): boolean {
  return observed !== id || (id !== baseline && !holding);
}

function isToRecord(wanted: readonly string[], { pathIds }: FunctionView, head: Head & { kind: 'found' }): boolean {
  return pathIds === undefined && idsOf(wanted, head) !== undefined;
}

/** A head that changed none of the watched paths is nothing to a Function: it is not even told. */
function isNewWithin(wanted: readonly string[], view: FunctionView, head: Head & { kind: 'found' }): boolean {
  const verdict = judgePaths(wanted, view.pathIds, head);
  switch (verdict.kind) {
    case 'pending':
      return false;
    case 'unchanged':
      return view.lostSource ? isNew(view, head.id) : view.waiting && view.observed !== head.id;
    case 'widened':
      return true;
    case 'changed':
      return isNew(view, head.id);
    case 'unknown':
      // Ids are recorded with the revision that was there before there was a filter.
      return isNew(view, head.id) || (view.baseline === head.id && isToRecord(wanted, view, head));
  }
}

/** The same for one of the images that its builds are made with. */
export function imageConcerns(view: FunctionView, { image, want }: BuildImageWatch, observation: Observation): boolean {
  const record = view.buildImages.find(entry => entry.image === image);
  if (observation.failure !== undefined) return observation.failure.reason !== record?.reason;
  const head = ofWant(observation.heads, want);
  if (head === undefined) return false;
  if (head.kind === 'missing') return record?.reason !== 'TagNotFound';
  if (record?.digest === undefined || record.reason !== undefined) return true;
  return (record.latest ?? record.digest) !== head.id || (record.digest !== head.id && !view.holding);
}
