// A kind of the tests' own, so that the contracts depend on nobody's definitions.
import type { Kind, KubeObject } from '../../src/platform/kube/kube.ts';

export const widgetKind: Kind = { apiVersion: 'contract.revflow.test/v1', kind: 'Widget', plural: 'widgets' };

export interface Widget extends KubeObject {
  readonly spec?: { readonly size?: number; readonly color?: string };
  readonly status?: { readonly phase?: string };
}

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: { size: { type: 'integer', maximum: 10 }, color: { type: 'string' } },
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
};

export const widgetDefinition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.contract.revflow.test' },
  spec: {
    group: 'contract.revflow.test',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      { name: 'v1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: schema } },
    ],
  },
};

export function widget(namespace: string, name: string, spec: Widget['spec'] = {}): Widget {
  return { apiVersion: widgetKind.apiVersion, kind: widgetKind.kind, metadata: { namespace, name }, spec };
}
