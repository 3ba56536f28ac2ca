// What the types cannot say about a Function: all that makes it impossible to build or to serve, each with its path.
import { parseDuration } from './duration.ts';
import type { Problem } from './problem.ts';
import { Report } from './report.ts';
import type { FunctionObject, FunctionSpec } from './schema.ts';
import type { BuildSpec } from './schema-build.ts';
import type { ServingFields } from './schema-serving.ts';
import { checkScaling } from './validation-scaling.ts';

/** All problems of a Function, in the order of its fields; an empty list means that it can be worked on. */
export function validateFunction(fn: FunctionObject): readonly Problem[] {
  const report = new Report('spec');
  const { spec } = fn;
  if (spec.image === '') report.add('image', spec.image, 'must be specified');
  if (spec.build === undefined && spec.serving === undefined) {
    report.add('serving', undefined, 'must be specified when there is no spec.build');
  }
  if (spec.build !== undefined) {
    checkPushCredentials(report, spec);
    checkBuild(report.below('build'), spec.build);
  }
  if (spec.serving !== undefined) checkServing(report.below('serving'), spec.serving);
  return report.problems;
}

function checkPushCredentials(report: Report, { imageCredentials }: FunctionSpec): void {
  if (imageCredentials === undefined || imageCredentials.name) return;
  report.add('imageCredentials.name', imageCredentials.name, 'must name the Secret to push with');
}

function checkBuild(report: Report, build: BuildSpec): void {
  if (build.builder === undefined && build.dockerfile === undefined) {
    report.add('builder', undefined, 'must be specified when there is no spec.build.dockerfile');
  }
  if (!build.srcRepo.url && build.srcRepo.bundleContainer === undefined) {
    report.add('srcRepo', build.srcRepo, 'must have url or bundleContainer');
  }
  checkDuration(report, 'timeout', build.timeout);
  report.atLeast('successfulBuildsHistoryLimit', build.successfulBuildsHistoryLimit, 0);
  report.atLeast('failedBuildsHistoryLimit', build.failedBuildsHistoryLimit, 0);
  checkDuration(report, 'builderMaxAge', build.builderMaxAge);
  const strategyKinds = ['BuildStrategy', 'ClusterBuildStrategy'];
  report.oneOf('shipwright.strategy.kind', build.shipwright?.strategy?.kind, strategyKinds);
  checkNamed(report, 'srcRepo.bundleContainer.image', build.srcRepo.bundleContainer?.image);
  checkNamed(report, 'shipwright.strategy.name', build.shipwright?.strategy?.name);
  build.shipwright?.params?.forEach((param, at) => checkNamed(report, `shipwright.params[${at}].name`, param?.name));
  checkDuration(report, 'shipwright.timeout', build.shipwright?.timeout);
}

function checkServing(report: Report, serving: ServingFields): void {
  const { triggers } = serving;
  report.oneOf('triggers.http.engine', triggers?.http?.engine, ['knative', 'keda']);
  triggers?.inputs?.forEach((input, at) => checkDapr(report, `triggers.inputs[${at}]`, input));
  serving.outputs?.forEach((output, at) => checkDapr(report, `outputs[${at}]`, output));
  checkDuration(report, 'timeout', serving.timeout);
  if (serving.scaleOptions !== undefined) checkScaling(report.below('scaleOptions'), serving.scaleOptions);
}

/** An entry without its only member says nothing, and nothing can be made of it. */
function checkDapr(report: Report, path: string, entry: { readonly dapr?: object }): void {
  if (entry.dapr === undefined) report.add(path, entry, 'must have dapr');
}

/** A name that the types require is there, but may be empty. */
function checkNamed(report: Report, path: string, name: string | undefined): void {
  if (name === '') report.add(path, name, 'must be specified');
}

function checkDuration(report: Report, path: string, text: string | undefined): void {
  if (text === undefined) return;
  const ms = parseDuration(text);
  if (ms === undefined) report.add(path, text, 'must be a Go duration with its unit, such as 90s or 1h30m');
  else if (ms < 0) report.add(path, text, 'cannot be less than 0');
}
