// What companion mode remembers of a Function: one annotation, since OpenFunction's own definition prunes what it does not know.
import { z } from 'zod';
import { annotations } from '../../function/names.ts';

const schema = z.object({
  /** The id that was asked for last, or that was there when watching began. */
  baseline: z.string().exactOptional(),
  /** Ids of the watched paths in it. */
  paths: z.record(z.string(), z.string()).exactOptional(),
  /** What OpenFunction had recorded when it was told so. */
  from: z.string().exactOptional(),
  /** Stands for the part of the spec that names the source: another one there is an edit. */
  spec: z.string().exactOptional(),
  /** The id that was seen last. */
  observed: z.string().exactOptional(),
  /** Reason of the last Event about watching. */
  watching: z.string().exactOptional(),
  /** Ids that were left a short while ago. */
  left: z.array(z.object({ id: z.string(), at: z.string() })).exactOptional(),
});

export type CompanionState = Readonly<z.infer<typeof schema>>;

/** Reads the annotation; one that cannot be read counts as none. */
export function readCompanionState(own: Readonly<Record<string, string>> = {}): CompanionState {
  try {
    const parsed = schema.safeParse(JSON.parse(own[annotations.revflowState] ?? '{}'));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

/** The annotation's text; the same state gives the same text. */
export function companionStateText(state: CompanionState): string {
  const { baseline, paths, from, spec, observed, watching, left } = state;
  return JSON.stringify({ baseline, paths, from, spec, observed, watching, left: left?.length ? left : undefined });
}
