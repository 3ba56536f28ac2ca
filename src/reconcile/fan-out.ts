// From a source to its subscribers: after each poll, those Functions whose recorded state differs from what was seen are woken.
import { type Observation, ofWant } from '../revision/observation.ts';
import type { BuildImageWatch } from '../watch/build-images.ts';
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
  if (view.watching !== 'Observed' || view.observed !== head.id) return true;
  return head.id !== view.baseline && !view.holding;
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
