// How a Function scales: `spec.serving.scaleOptions`.
import { z } from 'zod';
import { type Frozen, strings } from './shape.ts';

const scalingRules = z.object({
  stabilizationWindowSeconds: z.int32().exactOptional(),
  selectPolicy: z.string().exactOptional(),
  policies: z.array(z.object({ type: z.string(), value: z.int32(), periodSeconds: z.int32() })).exactOptional(),
});

const advanced = z.object({
  restoreToOriginalReplicaCount: z.boolean().exactOptional(),
  horizontalPodAutoscalerConfig: z
    .object({
      name: z.string().exactOptional(),
      behavior: z
        .object({ scaleUp: scalingRules.exactOptional(), scaleDown: scalingRules.exactOptional() })
        .exactOptional(),
    })
    .exactOptional(),
});

const scaledObject = z.object({
  pollingInterval: z.int32().exactOptional(),
  cooldownPeriod: z.int32().exactOptional(),
  advanced: advanced.exactOptional(),
  fallback: z.object({ failureThreshold: z.int32(), replicas: z.int32() }).exactOptional(),
});

const scaledJob = z.object({
  restartPolicy: z.string().exactOptional(),
  pollingInterval: z.int32().exactOptional(),
  successfulJobsHistoryLimit: z.int32().exactOptional(),
  failedJobsHistoryLimit: z.int32().exactOptional(),
  scalingStrategy: z
    .object({
      strategy: z.string().exactOptional(),
      customScalingQueueLengthDeduction: z.int32().exactOptional(),
      customScalingRunningJobPercentage: z.string().exactOptional(),
      multipleScalersCalculation: z.string().exactOptional(),
      pendingPodConditions: z.array(z.string()).exactOptional(),
    })
    .exactOptional(),
});

const kedaTrigger = z.object({
  type: z.string(),
  metadata: strings,
  name: z.string().exactOptional(),
  metricType: z.string().exactOptional(),
  useCachedMetrics: z.boolean().exactOptional(),
  authenticationRef: z.object({ name: z.string(), kind: z.string().exactOptional() }).exactOptional(),
});

export const scaleOptions = z.object({
  minReplicas: z.int32().exactOptional(),
  maxReplicas: z.int32().exactOptional(),
  knative: strings.exactOptional().describe("Knative's autoscaling annotations."),
  keda: z
    .object({
      httpScaledObject: z
        .object({ targetPendingRequests: z.int32().exactOptional(), cooldownPeriod: z.int32().exactOptional() })
        .exactOptional(),
      scaledObject: scaledObject.exactOptional(),
      scaledJob: scaledJob.exactOptional(),
      triggers: z.array(kedaTrigger).exactOptional().describe('Without triggers no scaler is made.'),
    })
    .exactOptional(),
});

export type ScaleOptions = Frozen<z.infer<typeof scaleOptions>>;
