// Holds an object that is about to be stored against everything: its type, its metadata, its schema.
import type { Target } from '../core.ts';
import { type ApiObject, isJson } from '../object.ts';
import type { ScalePaths } from '../resource.ts';
import { validate } from '../schema/validate.ts';
import { type Cause, invalid } from '../status.ts';
import { metaFaults, metaUpdateFaults } from './meta-rules.ts';
import { invalidValue } from './names.ts';

const unchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** Throws ApiError Invalid with every fault. `old`: what is stored, in the same version. */
export function checkValid(object: ApiObject, target: Target, old?: ApiObject): void {
  const { resource, version } = target;
  const changed = old ? metaUpdateFaults(object.metadata, old.metadata) : [];
  const meta = [...metaFaults(object, target), ...changed];
  if (resource.builtIn) return refuse(object, target, [...meta, ...(resource.builtIn.faults?.(object, old) ?? [])]);
  const schema = validate(version.schema, object, old);
  const causes = [
    ...typeFaults(object, target),
    ...meta,
    // The real server checks changes of metadata twice for custom resources, and says so twice.
    ...changed,
    ...(target.subresource === 'status' ? schema.map(withoutStatus) : schema),
    ...(version.scale ? scaleFaults(object, version.scale) : []),
  ];
  const isSkipped = version.schema.hasRules && meta.some(cause => cause.reason === 'FieldValueRequired');
  const isSaid = causes.some(cause => cause.message.endsWith(unchecked));
  refuse(object, target, isSkipped && !isSaid ? [...causes, invalidValue(null, unchecked, '<nil>')] : causes);
}

function refuse(object: ApiObject, { resource }: Target, causes: readonly Cause[]): void {
  const kind = resource.builtIn ? resource.kind : object.kind;
  if (causes.length > 0) throw invalid({ group: resource.group, kind }, object.metadata.name ?? '', causes);
}

function typeFaults(object: ApiObject, { resource, version }: Target): readonly Cause[] {
  return [
    ...(object.kind === resource.kind ? [] : [invalidValue(object.kind, `must be ${resource.kind}`, 'kind')]),
    ...(object.apiVersion === version.apiVersion
      ? []
      : [invalidValue(object.apiVersion, `must be ${version.apiVersion}`, 'apiVersion')]),
  ];
}

/** A write of the status names fields from the status on in its text. */
function withoutStatus(cause: Cause): Cause {
  return { ...cause, message: cause.message.replace(/(?<=: )status\.(\S+ in body )/, '$1') };
}

/** What the scale subresource could not read. */
function scaleFaults(object: ApiObject, scale: ScalePaths): readonly Cause[] {
  return [scale.spec, scale.status].flatMap(path => {
    const field = `.${path}`;
    const fault = accessFault(object, path);
    if (fault) return [invalidValue(0, `${field} accessor error: ${fault}`, field)];
    const value = valueAt(object, path);
    if (typeof value !== 'number' || value >= 0) return [];
    return [invalidValue(value, 'should be a non-negative integer', field)];
  });
}

function valueAt(object: ApiObject, path: string): unknown {
  return path.split('.').reduce<unknown>((value, part) => (isJson(value) ? value[part] : undefined), object);
}

function accessFault(object: ApiObject, path: string): string | undefined {
  const parts = path.split('.');
  let value: unknown = object;
  for (const part of parts) {
    if (!isJson(value)) return `${String(value)} is of the type ${goType(value)}, expected map[string]interface{}`;
    value = value[part];
    if (value === undefined || value === null) return undefined;
  }
  return Number.isInteger(value) ? undefined : `${String(value)} is of the type ${goType(value)}, expected int64`;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'map[string]interface {}';
}
