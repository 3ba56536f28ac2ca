// The images that builds are made with, beside what is watched: what was last seen of each, what the status keeps, and what is said.
import type { BuildImageFacts } from '../../decide/facts.ts';
import { confirm } from '../../decide/rollback.ts';
import { momentText } from '../../function/conditions.ts';
import { formatDuration } from '../../function/duration.ts';
import { isReason, type Reason, reasons } from '../../function/reasons.ts';
import type { FunctionObject } from '../../function/schema.ts';
import type { BuildImageStatus, WatchStatus } from '../../function/status.ts';
import { type Head, ofWant } from '../../revision/observation.ts';
import { type BuildImageWatch, planBuildImages } from '../../watch/build-images.ts';
import type { Reading, ReconcilerOptions } from '../context.ts';
import { withoutAbsent } from '../draft.ts';
import type { Said } from '../outcome.ts';
import { leftIds, readSource } from '../watch/look.ts';

/** One image and the last answer. */
interface SeenImage {
  readonly watch: BuildImageWatch;
  /** Absent: not looked at yet, or it was lost. */
  readonly head: Head | undefined;
  /** Why it cannot be looked at; absent: it can, as far as is known. */
  readonly trouble: Reason | undefined;
}

export interface SeenImages {
  readonly images: readonly SeenImage[];
  readonly warnings: readonly string[];
}

/** What was last seen of a Function's build images; KubeError when the API server cannot be asked for a Secret. */
export async function lookAtImages(
  ports: Pick<ReconcilerOptions, 'state' | 'credentials'>,
  fn: FunctionObject,
): Promise<SeenImages> {
  const { watches, warnings } = planBuildImages(fn);
  const images = await Promise.all(watches.map(watch => lookAtImage(ports, fn.metadata.namespace, watch)));
  return { images, warnings };
}

async function lookAtImage(
  ports: Pick<ReconcilerOptions, 'state' | 'credentials'>,
  namespace: string,
  watch: BuildImageWatch,
): Promise<SeenImage> {
  const found = await readSource(ports, namespace, watch);
  if ('reason' in found) return { watch, head: undefined, trouble: found.reason };
  const { observation } = found;
  const head = ofWant(observation?.heads, watch.want);
  const reason = observation?.failure?.reason ?? (head?.kind === 'missing' ? 'TagNotFound' : undefined);
  return { watch, head, trouble: reason === undefined || isReason(reason) ? reason : 'UnexpectedAnswer' };
}

/** The status of the watch with what the images are now; undefined when nothing of it is left. What is lost takes nothing back. */
export function withImages(watch: WatchStatus | undefined, { images }: SeenImages): WatchStatus | undefined {
  const buildImages = images.map(image => entryOf(image, recordOf(watch, image)));
  const status = withoutAbsent<WatchStatus>({
    ...watch,
    buildImages: buildImages.length === 0 ? undefined : buildImages,
  });
  return Object.keys(status).every(key => key === 'left') ? undefined : status;
}

function recordOf(watch: WatchStatus | undefined, { watch: { image } }: SeenImage): BuildImageStatus | undefined {
  return watch?.buildImages?.find(entry => entry.image === image);
}

/** The first digest that is seen is adopted: what was built is taken to be made with it. */
function entryOf({ watch, head, trouble }: SeenImage, old: BuildImageStatus | undefined): BuildImageStatus {
  const seen = head?.kind === 'found' ? head.id : undefined;
  const digest = old?.digest ?? seen;
  const latest = seen ?? old?.latest;
  return withoutAbsent<BuildImageStatus>({
    image: watch.image,
    digest,
    latest: latest === digest ? undefined : latest,
    reason: trouble ?? (head === undefined ? old?.reason : undefined),
  });
}

/** What the decision is made from; undefined where no image is watched. */
export function imageFacts(
  watch: WatchStatus | undefined,
  { images }: SeenImages,
): readonly BuildImageFacts[] | undefined {
  const left = leftIds(watch);
  const facts = images.map(image => ({
    image: image.watch.image,
    built: recordOf(watch, image)?.digest,
    head: image.head?.kind === 'found' ? { id: image.head.id, sightings: image.head.sightings ?? 1 } : undefined,
    left,
  }));
  return facts.length === 0 ? undefined : facts;
}

/** A build begins: it is made with the images as they are now. One that is not believed yet stays what it was. */
export function takeImages({ findings, options, now }: Reading, watch: WatchStatus | undefined) {
  const { images } = findings;
  if (images === undefined || watch === undefined) return watch;
  const taken = images.flatMap(({ image, built, head, left }) => {
    const isDoubtful = confirm({ now, policy: options.policy }, { head, left }) !== undefined;
    return head === undefined || isDoubtful ? [] : [{ image, built, digest: head.id }];
  });
  const gone = taken.flatMap(({ built, digest }) => (built === undefined || built === digest ? [] : [built]));
  const others = (watch.left ?? []).filter(
    ({ id }) => !gone.includes(id) && !taken.some(({ digest }) => digest === id),
  );
  const left = [...others, ...gone.map(id => ({ id, at: momentText(now) }))];
  const buildImages = watch.buildImages?.map(entry => {
    const digest = taken.find(({ image }) => image === entry.image)?.digest;
    return digest === undefined ? entry : withoutAbsent<BuildImageStatus>({ ...entry, digest, latest: undefined });
  });
  return withoutAbsent<WatchStatus>({ ...watch, left: left.length === 0 ? undefined : left, buildImages });
}

/** What parts the words about images from those about what is watched. */
const mark = '; rebuild-on: ';

/** Says of the images what the status records of them. */
export function sayImages(said: Said, watch: WatchStatus | undefined, { images, warnings }: SeenImages): Said {
  const parts = [...images.map(image => imageText(image, recordOf(watch, image))), ...warnings];
  return parts.length === 0 ? said : { ...said, message: `${said.message}${mark}${parts.join('; ')}` };
}

function imageText({ watch: { image, intervalMs } }: SeenImage, record: BuildImageStatus | undefined): string {
  const reason = record?.reason;
  if (reason === undefined) return `${image} is looked at every ${formatDuration(intervalMs)}`;
  return `${image} cannot be looked at: ${reason}${isReason(reason) ? `, ${reasons[reason]}` : ''}`;
}

/** A message of the condition Watching without what `sayImages` added. */
export function withoutImageWords(message: string): string {
  const at = message.indexOf(mark);
  return at === -1 ? message : message.slice(0, at);
}
