// A cluster as it was when Shipwright had one version.
import type { KubeObject } from '../../src/platform/kube/kube.ts';

/** The same definition with v1alpha1 as the only version. */
export function onlyV1alpha1(definition: KubeObject): KubeObject {
  const spec = definition['spec'] as { readonly versions: readonly { readonly name: string }[] };
  const versions = spec.versions
    .filter(({ name }) => name === 'v1alpha1')
    .map(version => ({ ...version, served: true, storage: true }));
  return { ...definition, spec: { ...spec, versions, conversion: { strategy: 'None' } } };
}
