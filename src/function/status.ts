// What stands in the status of a Function: OpenFunction's own fields, and ours beside them.
import { z } from 'zod';
import { durationText, type Frozen, keyedBy, moment, strings } from './shape.ts';

/** metav1.Condition. */
export const condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: moment,
  observedGeneration: z.int().exactOptional(),
});

const conditions = z.array(condition).meta(keyedBy('type'));

export type Condition = Frozen<z.infer<typeof condition>>;

/**
 * What OpenFunction writes for builds and Servings alike. States are open text: whoever may write the status may write any. We write
 * for builds: Created, Building, Succeeded, Failed, Timeout, Canceled, Skipped; for Servings: Created, Starting, Running, Failed,
 * Timeout, Skipped. A Builder's and a Serving's own `status.state` has neither Created nor Skipped.
 */
const stage = z.object({
  state: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  message: z.string().exactOptional(),
  resourceRef: z.string().exactOptional(),
  lastSuccessfulResourceRef: z.string().exactOptional(),
  resourceHash: z.string().exactOptional().describe("OpenFunction's hash, decimal text; adopted, never written by us."),
  service: z.string().exactOptional(),
  buildDuration: durationText.exactOptional(),
});

/** What we add to both: the recorded intent. */
const intent = stage.extend({
  sequence: z.int().exactOptional(),
  revision: z
    .string()
    .exactOptional()
    .describe(
      'Commit, tree or digest that was attempted (build) or is wanted (serving); absent: as written in the spec.',
    ),
  inputHash: z.string().exactOptional().describe('Versioned hash of all inputs (hash.ts).'),
  cause: z.string().exactOptional().describe('Why it was started, one word (decide/rule.ts).'),
  startedAt: moment.exactOptional(),
});

const buildStatus = intent.extend({
  cancels: z
    .int()
    .exactOptional()
    .describe('Runs in a row that were cancelled for newer revisions before this one; absent: 0.'),
  retries: z
    .int()
    .exactOptional()
    .describe('Runs in a row that failed for a cause that passes before this one; absent: 0.'),
  retryAt: moment.exactOptional().describe('When this failed build is tried again; absent: not by itself.'),
  vanished: z.int().exactOptional().describe('Runs in a row that vanished before this one; absent: 0.'),
  pruned: z.boolean().exactOptional().describe('Its Builder was removed by our own pruning.'),
  cancelledAt: moment
    .exactOptional()
    .describe('When its run was asked to stop for something newer; a run that somebody else cancelled has none.'),
  failures: z.int().exactOptional().describe('Tries in a row that could not create its run; absent: 0.'),
  engine: z
    .string()
    .exactOptional()
    .describe('The engine that its run was to be created on; absent: the one that was chosen.'),
  follows: z
    .object({ function: z.string(), builder: z.string(), share: z.string() })
    .exactOptional()
    .describe('Whose run it shares, and the hash of all that both are made from; absent: it has a run of its own.'),
  unshared: z.int().exactOptional().describe('Shared runs in a row that failed before this build; absent: 0.'),
});

export type BuildStatus = Frozen<z.infer<typeof buildStatus>>;
export type ServingStageStatus = Frozen<z.infer<typeof intent>>;

/** Where a build's input came from; the entry of a Function is named `default`. */
export const sourceResult = z.object({
  name: z.string(),
  git: z
    .object({
      commitSha: z.string().exactOptional(),
      commitAuthor: z.string().exactOptional(),
      branchName: z.string().exactOptional(),
    })
    .exactOptional(),
  bundle: z.object({ digest: z.string().exactOptional() }).exactOptional(),
});

export type SourceResult = Frozen<z.infer<typeof sourceResult>>;

/** An image that builds are made with, as the Function's spec names it. */
const buildImage = z.object({
  image: z.string(),
  digest: z.string().exactOptional().describe('What the last build was made with, or what was adopted; the baseline.'),
  latest: z.string().exactOptional().describe('What was seen last, where that is another digest.'),
  reason: z.string().exactOptional().describe('Why it cannot be looked at, one word; absent: it can.'),
});

export type BuildImageStatus = Frozen<z.infer<typeof buildImage>>;

const watchStatus = z.object({
  type: z.string().exactOptional().describe('`source`, `source-image` or `image`.'),
  source: z.string().exactOptional().describe('Key of the source in queue and state.'),
  interval: durationText.exactOptional().describe('The interval that is really kept.'),
  awaitingSince: moment
    .exactOptional()
    .describe('Since when the first build or Serving has waited for the first observation.'),
  observed: z.object({ id: z.string(), ref: z.string().exactOptional(), at: moment }).exactOptional(),
  adopted: z
    .string()
    .exactOptional()
    .describe(
      'What was seen first where another controller had not recorded what it built or served: the baseline until revflow does.',
    ),
  paths: strings
    .exactOptional()
    .describe(
      'Ids of the watched paths in the revision that was attempted last: a new revision with the same ids is no change.',
    ),
  left: z
    .array(z.object({ id: z.string(), at: moment }))
    .exactOptional()
    .describe('Ids that were left less than ten minutes ago; such an id must be seen twice before it counts again.'),
  buildImages: z
    .array(buildImage)
    .meta(keyedBy('image'))
    .exactOptional()
    .describe('Images whose new digests rebuild (`openfunction.io/rebuild-on`).'),
  message: z.string().exactOptional(),
});

export type WatchStatus = Frozen<z.infer<typeof watchStatus>>;

const routePath = z.object({
  type: z.string().exactOptional().meta({ default: 'PathPrefix' }),
  value: z.string().exactOptional().meta({ default: '/' }),
});

const routeStatus = z.object({
  hosts: z.array(z.string()).exactOptional(),
  paths: z.array(routePath).exactOptional(),
  conditions: conditions.exactOptional(),
});

export const functionStatus = z.object({
  build: buildStatus.exactOptional(),
  serving: intent.exactOptional(),
  revision: z.object({ imageDigest: z.string().exactOptional() }).exactOptional(),
  sources: z.array(sourceResult).exactOptional(),
  route: routeStatus.exactOptional(),
  addresses: z.array(z.object({ type: z.string(), value: z.string() })).exactOptional(),
  conditions: conditions.exactOptional(),
  observedGeneration: z.int().exactOptional(),
  sequence: z.int().exactOptional().describe('The highest sequence ever used, shared by Builders and Servings.'),
  watch: watchStatus.exactOptional(),
  lastHandledRebuild: z
    .string()
    .exactOptional()
    .describe('The value of `openfunction.io/rebuild-requested` that was answered last.'),
});

export type FunctionStatus = Frozen<z.infer<typeof functionStatus>>;
