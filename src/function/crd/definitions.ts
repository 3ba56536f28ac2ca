// The CustomResourceDefinitions of core.openfunction.io.
import type { z } from 'zod';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { builderStatus, functionSpec, servingStatus } from '../schema.ts';
import { builderSpec } from '../schema-build.ts';
import { servingSpec } from '../schema-serving.ts';
import { functionStatus } from '../status.ts';
import { anyObject, type Structural, structural } from './structural.ts';

const group = 'core.openfunction.io';

interface Column {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly jsonPath: string;
}

interface Described {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly Column[];
}

const text = (name: string, jsonPath: string): Column => ({ name, type: 'string', jsonPath });
const age: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const described: readonly Described[] = [
  {
    kind: 'Function',
    plural: 'functions',
    shortNames: ['fn'],
    spec: functionSpec,
    status: functionStatus,
    columns: [
      text('BuildState', '.status.build.state'),
      text('ServingState', '.status.serving.state'),
      text('Builder', '.status.build.resourceRef'),
      text('Serving', '.status.serving.resourceRef'),
      text('Address', '.status.addresses[?(@.type=="Internal")].value'),
      age,
    ],
  },
  {
    kind: 'Builder',
    plural: 'builders',
    shortNames: ['fb'],
    spec: builderSpec,
    status: builderStatus,
    columns: [
      text('Phase', '.status.phase'),
      text('State', '.status.state'),
      text('Reason', '.status.reason'),
      text('BuildDuration', '.status.buildDuration'),
      age,
    ],
  },
  {
    kind: 'Serving',
    plural: 'servings',
    shortNames: [],
    spec: servingSpec,
    status: servingStatus,
    columns: [text('Phase', '.status.phase'), text('State', '.status.state'), age],
  },
];

/** Function, Builder and Serving: v1beta2 stored and served; v1beta1 named, so that a cluster that once stored it can take them. */
export const definitions: readonly KubeObject[] = described.map(definition);

function definition(kind: Described): KubeObject {
  const { plural, shortNames } = kind;
  const singular = kind.kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        singular,
        ...(shortNames.length > 0 ? { shortNames } : {}),
      },
      conversion: { strategy: 'None' },
      versions: [
        version('v1beta2', kind, whole(kind)),
        version('v1beta1', kind, { type: 'object', properties: { spec: anyObject, status: anyObject } }),
      ],
    },
  };
}

function version(name: string, kind: Described, openAPIV3Schema: Structural): object {
  const stored = name === 'v1beta2';
  return {
    name,
    served: stored,
    storage: stored,
    subresources: { status: {} },
    additionalPrinterColumns: kind.columns,
    schema: { openAPIV3Schema },
  };
}

function whole(kind: Described): Structural {
  return {
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structural(kind.spec),
      status: structural(kind.status),
    },
  };
}
