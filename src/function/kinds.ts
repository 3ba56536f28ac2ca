// The kinds of objects that Functions, builds and the loop deal with.
import type { Kind } from '../platform/kube/kube.ts';

const core = 'core.openfunction.io/v1beta2';
const shipwright = 'shipwright.io/v1beta1';

export const kinds = {
  function: { apiVersion: core, kind: 'Function', plural: 'functions' },
  builder: { apiVersion: core, kind: 'Builder', plural: 'builders' },
  serving: { apiVersion: core, kind: 'Serving', plural: 'servings' },
  build: { apiVersion: shipwright, kind: 'Build', plural: 'builds' },
  buildRun: { apiVersion: shipwright, kind: 'BuildRun', plural: 'buildruns' },
  /** What Shipwright had before v0.12, and still serves beside the newer ones. */
  buildV1alpha1: { apiVersion: 'shipwright.io/v1alpha1', kind: 'Build', plural: 'builds' },
  buildRunV1alpha1: { apiVersion: 'shipwright.io/v1alpha1', kind: 'BuildRun', plural: 'buildruns' },
  buildStrategyV1alpha1: { apiVersion: 'shipwright.io/v1alpha1', kind: 'BuildStrategy', plural: 'buildstrategies' },
  clusterBuildStrategyV1alpha1: {
    apiVersion: 'shipwright.io/v1alpha1',
    kind: 'ClusterBuildStrategy',
    plural: 'clusterbuildstrategies',
    cluster: true,
  },
  buildStrategy: { apiVersion: shipwright, kind: 'BuildStrategy', plural: 'buildstrategies' },
  clusterBuildStrategy: {
    apiVersion: shipwright,
    kind: 'ClusterBuildStrategy',
    plural: 'clusterbuildstrategies',
    cluster: true,
  },
  pipelineRun: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', plural: 'pipelineruns' },
  pipeline: { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', plural: 'pipelines' },
  task: { apiVersion: 'tekton.dev/v1', kind: 'Task', plural: 'tasks' },
  taskRun: { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', plural: 'taskruns' },
  configMap: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  secret: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  event: { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' },
  lease: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' },
  namespace: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', cluster: true },
  definition: {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    cluster: true,
  },
} as const satisfies Record<string, Kind>;
