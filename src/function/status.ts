// What stands in the status of a Function: OpenFunction's own fields, and ours beside them.
import { z } from 'zod';
import { durationText, type Frozen, moment } from './shape.ts';

/** metav1.Condition. */
export const condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: moment,
  observedGeneration: z.int().exactOptional(),
});

export type Condition = Frozen<z.infer<typeof condition>>;

/** Words of `status.build.state` and of a Builder's `status.state` (which has neither Created nor Skipped). */
export type BuildState = '' | 'Created' | 'Building' | 'Succeeded' | 'Failed' | 'Timeout' | 'Canceled' | 'Skipped';

/** Words of `status.serving.state` and of a Serving's `status.state` (which has neither Created nor Skipped). */
export type ServingState = '' | 'Created' | 'Starting' | 'Running' | 'Failed' | 'Timeout' | 'Skipped';

/** What OpenFunction writes for builds and Servings alike. States are open text: whoever may write the status may write any. */
const stage = z.object({
  state: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  message: z.string().exactOptional(),
  resourceRef: z.string().exactOptional(),
  lastSuccessfulResourceRef: z.string().exactOptional(),
  /** OpenFunction's hash, decimal text; adopted, never written by us. */
  resourceHash: z.string().exactOptional(),
  service: z.string().exactOptional(),
  buildDuration: durationText.exactOptional(),
});

/** What we add to both: the recorded intent. */
const intent = stage.extend({
  sequence: z.int().exactOptional(),
  /** Commit, tree or digest that was attempted (build) or is wanted (serving); absent: as written in the spec. */
  revision: z.string().exactOptional(),
  /** Versioned hash of all inputs (hash.ts). */
  inputHash: z.string().exactOptional(),
  /** Why it was started, one word (decide/rule.ts). */
  cause: z.string().exactOptional(),
  startedAt: moment.exactOptional(),
});

const buildStatus = intent.extend({
  /** Runs in a row that were cancelled for newer revisions before this one; absent: 0. */
  cancels: z.int().exactOptional(),
  /** Runs in a row that vanished before this one; absent: 0. */
  vanished: z.int().exactOptional(),
  /** Its Builder was removed by our own pruning. */
  pruned: z.boolean().exactOptional(),
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

const watchStatus = z.object({
  /** `source`, `source-image` or `image`. */
  type: z.string().exactOptional(),
  /** Key of the source in queue and state. */
  source: z.string().exactOptional(),
  /** The interval that is really kept. */
  interval: durationText.exactOptional(),
  /** Since when the first build or Serving has waited for the first observation. */
  awaitingSince: moment.exactOptional(),
  observed: z.object({ id: z.string(), ref: z.string().exactOptional(), at: moment }).exactOptional(),
  /** The digest of the function image that was found serving when watching began: the baseline until one is rolled. */
  adopted: z.string().exactOptional(),
  /** Ids that were left less than ten minutes ago; such an id must be seen twice before it counts again. */
  left: z.array(z.object({ id: z.string(), at: moment })).exactOptional(),
  message: z.string().exactOptional(),
});

export type WatchStatus = Frozen<z.infer<typeof watchStatus>>;

const routeStatus = z.object({
  hosts: z.array(z.string()).exactOptional(),
  paths: z.array(z.object({ type: z.string().exactOptional(), value: z.string().exactOptional() })).exactOptional(),
  conditions: z.array(condition).exactOptional(),
});

export const functionStatus = z.object({
  build: buildStatus.exactOptional(),
  serving: intent.exactOptional(),
  revision: z.object({ imageDigest: z.string().exactOptional() }).exactOptional(),
  sources: z.array(sourceResult).exactOptional(),
  route: routeStatus.exactOptional(),
  addresses: z.array(z.object({ type: z.string(), value: z.string() })).exactOptional(),
  conditions: z.array(condition).exactOptional(),
  observedGeneration: z.int().exactOptional(),
  /** The highest sequence ever used, shared by Builders and Servings. */
  sequence: z.int().exactOptional(),
  watch: watchStatus.exactOptional(),
  /** The value of `openfunction.io/rebuild-requested` that was answered last. */
  lastHandledRebuild: z.string().exactOptional(),
});

export type FunctionStatus = Frozen<z.infer<typeof functionStatus>>;
export type RouteStatus = Frozen<z.infer<typeof routeStatus>>;
