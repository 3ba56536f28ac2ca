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
  strategy: z
    .object({ name: z.string(), kind: z.string().exactOptional() })
    .exactOptional()
    .describe("Absent: ClusterBuildStrategy `openfunction`. `kind` absent: Shipwright's own default, `BuildStrategy`."),
  params: z.array(buildParam).exactOptional(),
  timeout: durationText.exactOptional().describe('The limit of the build where `timeout` has none.'),
});

const srcRepo = z.object({
  url: z.string().exactOptional(),
  bundleContainer: z.object({ image: z.string() }).exactOptional().describe('A source bundle; wins over `url`.'),
  revision: z.string().exactOptional().describe("Branch, tag, commit or ref; absent: the remote's default branch."),
  sourceSubPath: z.string().exactOptional(),
  credentials: localRef.exactOptional(),
});

export const buildSpec = z.object({
  builder: z.string().exactOptional(),
  builderCredentials: localRef.exactOptional(),
  shipwright: shipwright.exactOptional(),
  env: strings.exactOptional().describe('Variables of the build.'),
  srcRepo,
  dockerfile: z.string().exactOptional(),
  timeout: durationText
    .exactOptional()
    .describe("Counted from the creation of the Builder; absent: the back-end's own limit."),
  successfulBuildsHistoryLimit: z.int32().exactOptional().describe('How many succeeded Builders are kept; absent: 0.'),
  failedBuildsHistoryLimit: z
    .int32()
    .exactOptional()
    .describe('How many other completed Builders are kept; absent: 1.'),
  builderMaxAge: durationText
    .exactOptional()
    .describe('Age since creation at which a completed Builder is removed; absent or 0: never.'),
});

export type BuildSpec = Frozen<z.infer<typeof buildSpec>>;
export type BuildParam = Frozen<z.infer<typeof buildParam>>;
/** What a parameter that is no list, or one item of a list, may have. */
export type SingleValue = Pick<BuildParam, 'value' | 'configMapValue' | 'secretValue'>;

export const builderSpec = buildSpec.extend({
  image: z.string(),
  imageCredentials: localRef.exactOptional(),
  state: z
    .string()
    .exactOptional()
    .describe('`Cancelled` (double l) asks for the end of the run; anything else means nothing.'),
});

export type BuilderSpec = Frozen<z.infer<typeof builderSpec>>;
