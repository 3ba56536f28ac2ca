// The definitions of foreign kinds that local mode serves, so that no cluster and no foreign file is needed.
import { kinds } from '../../function/kinds.ts';
import type { Kind, KubeObject } from '../../platform/kube/kube.ts';
import type { Schema } from './schema.ts';
import { build, buildRun } from './shipwright.ts';
import { strategy } from './strategies.ts';
import { pipelineRun, taskRun } from './tekton.ts';
import { pipeline, task } from './tekton-tasks.ts';

/** What kubectl prints: name → path; paths that end in `Time` or `Timestamp` are dates. */
type Columns = Readonly<Record<string, string>>;

interface Foreign {
  readonly kind: Kind;
  readonly schema: Schema;
  readonly shortNames?: readonly string[];
  readonly columns?: Columns;
}

const succeeded = '.status.conditions[?(@.type=="Succeeded")]';

const ofRuns: Columns = {
  Succeeded: `${succeeded}.status`,
  Reason: `${succeeded}.reason`,
  StartTime: '.status.startTime',
  CompletionTime: '.status.completionTime',
};

const foreign: readonly Foreign[] = [
  {
    kind: kinds.build,
    schema: build,
    columns: {
      Registered: '.status.registered',
      Reason: '.status.reason',
      BuildStrategyKind: '.spec.strategy.kind',
      BuildStrategyName: '.spec.strategy.name',
      CreationTime: '.metadata.creationTimestamp',
    },
  },
  {
    kind: kinds.buildRun,
    schema: buildRun,
    shortNames: ['br', 'brs'],
    columns: ofRuns,
  },
  { kind: kinds.pipelineRun, schema: pipelineRun, shortNames: ['pr', 'prs'], columns: ofRuns },
  { kind: kinds.taskRun, schema: taskRun, shortNames: ['tr', 'trs'], columns: ofRuns },
  { kind: kinds.pipeline, schema: pipeline },
  { kind: kinds.task, schema: task },
  { kind: kinds.buildStrategy, schema: strategy, shortNames: ['bs', 'bss'] },
  { kind: kinds.clusterBuildStrategy, schema: strategy, shortNames: ['cbs', 'cbss'] },
];

export const foreignDefinitions: readonly KubeObject[] = foreign.map(definition);

function definition({ kind: address, schema, shortNames = [], columns = {} }: Foreign): KubeObject {
  const [group = '', version = ''] = address.apiVersion.split('/');
  const { kind, plural } = address;
  return {
    apiVersion: kinds.definition.apiVersion,
    kind: kinds.definition.kind,
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: address.cluster ? 'Cluster' : 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: Object.entries(columns).map(([name, jsonPath]) => column(name, jsonPath)),
          schema: { openAPIV3Schema: withMeta(schema) },
        },
      ],
    },
  };
}

function column(name: string, jsonPath: string): object {
  return { name, jsonPath, type: /Time(stamp)?$/.test(jsonPath) ? 'date' : 'string' };
}

function withMeta(schema: Schema): Schema {
  const { properties, ...rest } = schema;
  const meta = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
  return { ...rest, properties: { ...meta, ...(properties as Schema) } };
}
