// What a Function asks of its build: `spec.build`, which a Builder carries inline.
import { z } from 'zod';
import { durationText, type Frozen, localRef, strings } from './shape.ts';

const keyRef = z.object({ name: z.string(), key: z.string(), format: z.string().exactOptional() });

const singleValue = z.object({
  value: z.string().exactOptional(),
  configMapValue: keyRef.exactOptional(),
  secretValue: keyRef.exactOptional(),
});

const buildParam = singleValue.extend({ name: z.string(), values: z.array(singleValue).exactOptional() });

const shipwright = z.object({
  /** Absent: ClusterBuildStrategy `openfunction`. `kind` absent: Shipwright's own default, `BuildStrategy`. */
  strategy: z.object({ name: z.string(), kind: z.string().exactOptional() }).exactOptional(),
  params: z.array(buildParam).exactOptional(),
  /** The limit of the build where `timeout` has none. */
  timeout: durationText.exactOptional(),
});

const srcRepo = z.object({
  url: z.string().exactOptional(),
  /** A source bundle; wins over `url`. */
  bundleContainer: z.object({ image: z.string() }).exactOptional(),
  /** Branch, tag, commit or ref; absent: the remote's default branch. */
  revision: z.string().exactOptional(),
  sourceSubPath: z.string().exactOptional(),
  credentials: localRef.exactOptional(),
});

export const buildSpec = z.object({
  builder: z.string().exactOptional(),
  builderCredentials: localRef.exactOptional(),
  shipwright: shipwright.exactOptional(),
  /** Variables of the build. */
  env: strings.exactOptional(),
  srcRepo,
  dockerfile: z.string().exactOptional(),
  /** Counted from the creation of the Builder; absent: the back-end's own limit. */
  timeout: durationText.exactOptional(),
  /** How many succeeded Builders are kept; absent: 0. */
  successfulBuildsHistoryLimit: z.int32().exactOptional(),
  /** How many other completed Builders are kept; absent: 1. */
  failedBuildsHistoryLimit: z.int32().exactOptional(),
  /** Age since creation at which a completed Builder is removed; absent or 0: never. */
  builderMaxAge: durationText.exactOptional(),
});

export type BuildSpec = Frozen<z.infer<typeof buildSpec>>;
export type SourceRepo = Frozen<z.infer<typeof srcRepo>>;
export type BuildParam = Frozen<z.infer<typeof buildParam>>;

export const builderSpec = buildSpec.extend({
  image: z.string(),
  imageCredentials: localRef.exactOptional(),
  /** `Cancelled` (double l) asks for the end of the run; anything else means nothing. */
  state: z.string().exactOptional(),
});

export type BuilderSpec = Frozen<z.infer<typeof builderSpec>>;
