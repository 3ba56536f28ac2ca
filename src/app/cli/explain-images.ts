// What `revflow explain` tells of the images that builds are made with, and knows of their last answers: out of the status.
import { formatDuration } from '../../function/duration.ts';
import { annotations } from '../../function/names.ts';
import type { FunctionObject } from '../../function/schema.ts';
import type { State } from '../../platform/state/state.ts';
import type { Observation } from '../../revision/observation.ts';
import { planBuildImages } from '../../watch/build-images.ts';
import { anonymous, sourceKey } from '../../watch/graph.ts';
import { stateKeys } from '../../watch/source.ts';

/** An image whose new digests rebuild. */
interface ImageReport {
  readonly image: string;
  /** The promise, as a Go duration. */
  readonly interval: string;
  /** What the last build was made with; absent: not seen yet. */
  readonly digest?: string;
  /** What was seen last, where that is another digest. */
  readonly latest?: string;
  /** Why it cannot be looked at, one word. */
  readonly reason?: string;
}

export interface ImagesReport {
  readonly images?: readonly ImageReport[];
  readonly imageWarnings?: readonly string[];
}

/** The Function's build images; nothing where none is asked for, and in companion mode, which does not look at them. */
export function reportImages(fn: FunctionObject): ImagesReport {
  if (fn.metadata.annotations?.[annotations.revflowState] !== undefined) return {};
  const { watches, warnings } = planBuildImages(fn);
  const images = watches.map(({ image, intervalMs }) => ({
    ...fn.status?.watch?.buildImages?.find(entry => entry.image === image),
    image,
    interval: formatDuration(intervalMs),
  }));
  return {
    ...(images.length === 0 ? {} : { images }),
    ...(warnings.length === 0 ? {} : { imageWarnings: warnings }),
  };
}

/** Gives a state the answers that the status tells of, under anonymous keys. An id that stands there was believed. */
export async function rememberImages(state: State, fn: FunctionObject, at: number): Promise<void> {
  for (const { image, source, want, intervalMs } of planBuildImages(fn).watches) {
    const { digest, latest = digest } = fn.status?.watch?.buildImages?.find(entry => entry.image === image) ?? {};
    if (latest === undefined) continue;
    const heads = { [want]: { kind: 'found', id: latest, sightings: 2 } } as const;
    const observation: Observation = { at, heads, intervalMs };
    await state.set(stateKeys.observation(sourceKey(source, anonymous)), JSON.stringify(observation), 60_000);
  }
}

/** The images as entries of the section Watching. */
export function imageEntries(
  { images = [], imageWarnings = [] }: ImagesReport,
  id: (text: string) => string,
): readonly [string, string][] {
  const text = ({ image, interval, digest, latest, reason }: ImageReport) => {
    const built = digest === undefined ? 'not seen yet' : `built with ${id(digest)}`;
    const now = latest === undefined ? '' : `, now ${id(latest)}`;
    return `${image}: ${built}${now}, asked every ${interval}${reason === undefined ? '' : `; trouble: ${reason}`}`;
  };
  return [
    ...images.map((image): [string, string] => ['rebuild on', text(image)]),
    ...imageWarnings.map((warning): [string, string] => ['rebuild on', warning]),
  ];
}
