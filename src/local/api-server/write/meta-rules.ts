// What metadata must keep to, on every write and against what was stored.
import type { Target } from '../core.ts';
import type { ApiObject, Metadata, OwnerReference } from '../object.ts';
import type { Resource } from '../resource.ts';
import type { Cause } from '../status.ts';
import { annotationFaults, invalidValue, labelFaults, type NameRule, nameFaults } from './names.ts';

/** Faults of an object's own metadata. */
export function metaFaults({ metadata }: ApiObject, { resource }: Target): readonly Cause[] {
  const rule = nameRule(resource);
  const { name, generateName, labels = {}, annotations = {} } = metadata;
  const missing = {
    reason: 'FieldValueRequired',
    message: 'Required value: name or generateName is required',
    field: 'metadata.name',
  };
  return [
    ...(generateName === undefined ? [] : nameFaults(generateName, 'metadata.generateName', rule)),
    ...(name === undefined ? [missing] : nameFaults(name, 'metadata.name', rule)),
    ...labelFaults(labels),
    ...annotationFaults(annotations),
    ...ownerFaults(metadata.ownerReferences ?? []),
    ...finalizerFaults(metadata.finalizers ?? []),
  ];
}

function nameRule({ group, plural, builtIn }: Resource): NameRule {
  if (group === 'rbac.authorization.k8s.io') return 'segment';
  return builtIn && ['namespaces', 'services'].includes(plural) && group === '' ? 'label' : 'subdomain';
}

function ownerFaults(owners: readonly OwnerReference[]): readonly Cause[] {
  const field = 'metadata.ownerReferences';
  const faults: Cause[] = [];
  for (const owner of owners) {
    for (const part of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[part])
        faults.push(
          invalidValue(
            part === 'apiVersion' ? (owner[part] ?? '') : '',
            part === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
            `${field}.${part}`,
          ),
        );
    }
  }
  const [first, second] = owners.filter(owner => owner.controller === true);
  if (first && second) {
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`;
    faults.push(invalidValue(owners, why, field));
  }
  return faults;
}

function finalizerFaults(finalizers: readonly string[]): readonly Cause[] {
  const why = 'a finalizer has no spaces and is not empty';
  return finalizers.filter(name => !/^\S+$/.test(name)).map(name => invalidValue(name, why, 'metadata.finalizers'));
}

/** Warnings about finalizers that may collide and owners that are named twice. */
export function metaWarnings({ finalizers = [], ownerReferences = [] }: Metadata): readonly string[] {
  const bare = finalizers.filter(name => !name.includes('/') && !['orphan', 'foregroundDeletion'].includes(name));
  const uids = ownerReferences.map(owner => owner.uid);
  const twice = [...new Set(uids.filter((uid, index) => uids.indexOf(uid) !== index))];
  const duplicates = `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${twice.join(', ')}`;
  return [
    ...bare.map(
      name =>
        `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    ),
    ...(twice.length > 0 ? [duplicates] : []),
  ];
}

/** References that are the same are one. */
export function mergedOwners(owners: readonly OwnerReference[]): readonly OwnerReference[] {
  return owners.filter(
    (owner, index) => owners.findIndex(other => JSON.stringify(other) === JSON.stringify(owner)) === index,
  );
}

/** Faults of a change of metadata. */
export function metaUpdateFaults(next: Metadata, old: Metadata): readonly Cause[] {
  const immutable = (['name', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const)
    .filter(field => next[field] !== old[field])
    .map(field => invalidValue(next[field] ?? null, 'field is immutable', `metadata.${field}`));
  const added = (next.finalizers ?? []).filter(name => !old.finalizers?.includes(name));
  if (old.deletionTimestamp === undefined || added.length === 0) return immutable;
  const found = `[]string{${added.map(name => JSON.stringify(name)).join(', ')}}`;
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${found}`;
  return [...immutable, { reason: 'FieldValueForbidden', message, field: 'metadata.finalizers' }];
}
