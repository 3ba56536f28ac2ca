// Checks of `spec.serving.scaleOptions`.
import type { Report } from './report.ts';
import type { ScaleOptions } from './schema-scaling.ts';

type Keda = NonNullable<ScaleOptions['keda']>;
type ScaledObject = NonNullable<Keda['scaledObject']>;
type ScaledJob = NonNullable<Keda['scaledJob']>;
type ScalingStrategy = NonNullable<ScaledJob['scalingStrategy']>;
type Behavior = NonNullable<
  NonNullable<NonNullable<ScaledObject['advanced']>['horizontalPodAutoscalerConfig']>['behavior']
>;
type ScalingRules = NonNullable<Behavior['scaleUp']>;

/** What stands for an absent maxReplicas. */
const assumedMaximum = 10;

/** Autoscalers look back one hour at most. */
const longestWindowSeconds = 3600;

/** Reports what is wrong with `scaleOptions`. */
export function checkScaling(report: Report, options: ScaleOptions): void {
  const { minReplicas = 0, maxReplicas = assumedMaximum, keda } = options;
  report.atLeast('minReplicas', minReplicas, 0);
  report.atLeast('maxReplicas', maxReplicas, 0);
  if (minReplicas > maxReplicas) {
    report.add('minReplicas', minReplicas, `cannot be greater than maxReplicas (${maxReplicas})`);
  }
  if (keda !== undefined) checkKeda(report.below('keda'), keda);
}

function checkKeda(report: Report, keda: Keda): void {
  const { httpScaledObject, scaledObject, scaledJob } = keda;
  const scalers = Object.entries({ httpScaledObject, scaledObject, scaledJob });
  const given = scalers.filter(([, scaler]) => scaler !== undefined).map(([name]) => name);
  if (given.length > 1) report.addHere(given, 'must have at most one of httpScaledObject, scaledObject and scaledJob');
  report.atLeast('httpScaledObject.targetPendingRequests', httpScaledObject?.targetPendingRequests, 0);
  report.atLeast('httpScaledObject.cooldownPeriod', httpScaledObject?.cooldownPeriod, 0);
  if (scaledObject !== undefined) checkScaledObject(report.below('scaledObject'), scaledObject);
  if (scaledJob !== undefined) checkScaledJob(report.below('scaledJob'), scaledJob);
}

function checkScaledObject(report: Report, scaled: ScaledObject): void {
  report.atLeast('pollingInterval', scaled.pollingInterval, 0);
  report.atLeast('cooldownPeriod', scaled.cooldownPeriod, 0);
  report.atLeast('fallback.failureThreshold', scaled.fallback?.failureThreshold, 1);
  report.atLeast('fallback.replicas', scaled.fallback?.replicas, 0);
  const behavior = scaled.advanced?.horizontalPodAutoscalerConfig?.behavior;
  const below = report.below('advanced.horizontalPodAutoscalerConfig.behavior');
  if (behavior?.scaleUp !== undefined) checkRules(below.below('scaleUp'), behavior.scaleUp);
  if (behavior?.scaleDown !== undefined) checkRules(below.below('scaleDown'), behavior.scaleDown);
}

function checkRules(report: Report, rules: ScalingRules): void {
  const window = rules.stabilizationWindowSeconds;
  if (window !== undefined && (window < 0 || window > longestWindowSeconds)) {
    report.add('stabilizationWindowSeconds', window, `must be between 0 and ${longestWindowSeconds}`);
  }
  report.oneOf('selectPolicy', rules.selectPolicy, ['Max', 'Min', 'Disabled']);
  rules.policies?.forEach((policy, at) => {
    report.oneOf(`policies[${at}].type`, policy.type, ['Pods', 'Percent']);
    report.atLeast(`policies[${at}].periodSeconds`, policy.periodSeconds, 0);
  });
}

function checkScaledJob(report: Report, job: ScaledJob): void {
  report.oneOf('restartPolicy', job.restartPolicy, ['Always', 'OnFailure', 'Never']);
  report.atLeast('pollingInterval', job.pollingInterval, 0);
  report.atLeast('successfulJobsHistoryLimit', job.successfulJobsHistoryLimit, 0);
  report.atLeast('failedJobsHistoryLimit', job.failedJobsHistoryLimit, 0);
  if (job.scalingStrategy !== undefined) checkStrategy(report.below('scalingStrategy'), job.scalingStrategy);
}

function checkStrategy(report: Report, scaling: ScalingStrategy): void {
  const deduction = scaling.customScalingQueueLengthDeduction;
  const share = scaling.customScalingRunningJobPercentage;
  report.oneOf('strategy', scaling.strategy || undefined, ['default', 'custom', 'accurate', 'eager']);
  if (scaling.strategy === 'custom') {
    const missing = 'must be specified when strategy is custom';
    if (deduction === undefined) report.add('customScalingQueueLengthDeduction', deduction, missing);
    if (!share) report.add('customScalingRunningJobPercentage', share, missing);
  }
  report.atLeast('customScalingQueueLengthDeduction', deduction, 0);
  if (share && !/^[0-9]*\.?[0-9]+ *%?$/.test(share)) {
    report.add('customScalingRunningJobPercentage', share, 'must be a share such as 0.5, or a percentage such as 50%');
  }
}
