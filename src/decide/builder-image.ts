// `openfunction.io/rebuild-on: builder-image`: an image that builds are made with is another one than the last build had.
import type { BuildImageFacts, Facts } from './facts.ts';
import type { BuildCauseRule } from './rule.ts';

export const builderImageMoved: BuildCauseRule = {
  name: 'builder image moved',
  cause: 'BuilderImageMoved',
  applies(facts, build) {
    const [moved] = build.recorded ? movedImages(facts) : [];
    return moved && `${moved.image} is ${moved.head?.id} now, and was ${moved.built}`;
  },
};

/** The images that moved since the last build; one without a record has not. */
export function movedImages({ images = [] }: Facts): readonly BuildImageFacts[] {
  return images.filter(({ built, head }) => built !== undefined && head !== undefined && head.id !== built);
}
