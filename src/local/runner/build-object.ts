// What the runner reads of Builds and BuildRuns. They are foreign objects: whatever does not fit reads as absent.
import { z } from 'zod';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { paramValue, variables } from './inputs.ts';

const text = z.string().optional().catch(undefined);
const texts = z.record(z.string(), z.string()).optional().catch(undefined);

const Git = z.object({
  url: z.string(),
  revision: text,
  cloneSecret: text,
  depth: z.number().optional().catch(undefined),
});
const Artifact = z.object({ image: z.string(), pullSecret: text });

const BuildSpec = z.object({
  source: z
    .object({
      type: z.string(),
      contextDir: text,
      git: Git.optional().catch(undefined),
      ociArtifact: Artifact.optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  strategy: z.object({ name: z.string(), kind: text }),
  output: z.object({
    image: z.string(),
    insecure: z.boolean().optional().catch(undefined),
    pushSecret: text,
    annotations: texts,
    labels: texts,
  }),
  timeout: text,
  paramValues: z.array(paramValue).optional().catch(undefined),
  env: variables.optional().catch(undefined),
});

export type BuildSpec = z.infer<typeof BuildSpec>;

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: text,
  message: text,
  lastTransitionTime: text,
});

const Run = z.object({
  spec: z.object({
    build: z.object({ name: text, spec: BuildSpec.optional().catch(undefined) }),
    state: text,
    timeout: text,
  }),
  status: z
    .object({
      conditions: z.array(Condition).optional().catch(undefined),
      startTime: text,
      completionTime: text,
      source: z
        .object({
          git: z.object({ commitSha: text, branchName: text }).optional().catch(undefined),
          ociArtifact: z.object({ digest: text }).optional().catch(undefined),
        })
        .optional()
        .catch(undefined),
    })
    .default({})
    .catch({}),
});

export type BuildRun = z.infer<typeof Run>;

/** The spec of a Build; undefined where it cannot be one. */
export function readBuildSpec(build: KubeObject): BuildSpec | undefined {
  return BuildSpec.safeParse(build['spec']).data;
}

/** A BuildRun; undefined where it cannot be one. */
export function readBuildRun(run: KubeObject): BuildRun | undefined {
  return Run.safeParse({ spec: run['spec'], status: run['status'] ?? {} }).data;
}
