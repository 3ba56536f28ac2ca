// What makes a definition refused, when it is made and when it is changed.
import { asText, isJson, type Json } from '../object.ts';
import { checkSchema } from '../schema/check.ts';
import type { Cause } from '../status.ts';
import { invalidValue, nameFaults } from '../write/names.ts';

/** Every fault of a definition after its names are filled in; `old` is what is stored. */
export function definitionFaults(object: Json, old: Json | undefined): readonly Cause[] {
  const spec = part(object, 'spec');
  const before = old && part(old, 'spec');
  const kept = before ? changeFaults(spec, before) : [];
  if (kept.length > 0) return kept;
  return [
    ...nameOf(object, spec),
    ...shapeFaults(spec),
    ...versionFaults(spec),
    ...schemaFaults(spec),
    ...storedFaults(spec, part(object, 'status')),
  ];
}

function part(object: Json, field: string): Json {
  const value = object[field];
  return isJson(value) ? value : {};
}

function versionsIn(spec: Json): readonly Json[] {
  return Array.isArray(spec['versions']) ? spec['versions'].filter(isJson) : [];
}

const fixed = ['group', 'scope', 'names.kind', 'names.plural'];

function changeFaults(spec: Json, before: Json): readonly Cause[] {
  return fixed.flatMap(path => {
    const [first = '', second] = path.split('.');
    const read = (value: Json) => (second === undefined ? value[first] : part(value, first)[second]);
    return read(spec) === read(before) ? [] : [invalidValue(read(spec), 'field is immutable', `spec.${path}`)];
  });
}

function nameOf(object: Json, spec: Json): readonly Cause[] {
  const name = part(object, 'metadata')['name'];
  const wanted = `${String(part(spec, 'names')['plural'])}.${String(spec['group'])}`;
  return name === wanted ? [] : [invalidValue(name, 'must be spec.names.plural+"."+spec.group', 'metadata.name')];
}

function shapeFaults(spec: Json): readonly Cause[] {
  const names = part(spec, 'names');
  const required = ['kind', 'listKind', 'plural', 'singular']
    .filter(field => !names[field])
    .map(field => `names.${field}`);
  const { group, scope } = spec;
  const scopeText = `Unsupported value: ${JSON.stringify(scope)}: supported values: "Cluster", "Namespaced"`;
  const unknownFields =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [
    ...[...(group ? [] : ['group']), ...required, ...(scope ? [] : ['scope'])].map(field => missing(`spec.${field}`)),
    ...(group ? nameFaults(asText(group), 'spec.group', 'subdomain') : []),
    ...(scope && scope !== 'Cluster' && scope !== 'Namespaced'
      ? [{ reason: 'FieldValueNotSupported', message: scopeText, field: 'spec.scope' }]
      : []),
    ...(spec['preserveUnknownFields'] === true
      ? [invalidValue(true, unknownFields, 'spec.preserveUnknownFields')]
      : []),
  ];
}

function missing(field: string, why?: string): Cause {
  return { reason: 'FieldValueRequired', message: `Required value${why ? `: ${why}` : ''}`, field };
}

function versionFaults(spec: Json): readonly Cause[] {
  const versions = versionsIn(spec);
  const names = versions.map(version => asText(version['name']));
  const twice = names.some((name, index) => names.indexOf(name) !== index);
  const stored = versions.filter(version => version['storage'] === true).length;
  return [
    ...(stored === 1
      ? []
      : [
          invalidValue(
            shownVersions(versions),
            'must have exactly one version marked as storage version',
            'spec.versions',
          ),
        ]),
    ...(twice ? [invalidValue(names, 'must contain unique version names', 'spec.versions')] : []),
    ...names.flatMap((name, index) => nameFaults(name, `spec.versions[${index}].name`, 'label')),
  ];
}

/** The Go structs, as the real server quotes them. */
function shownVersions(versions: readonly Json[]): readonly Json[] | null {
  if (versions.length === 0) return null;
  const unset = {
    Deprecated: false,
    DeprecationWarning: null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  };
  return versions.map(({ name, served, storage }) => ({
    Name: name ?? '',
    Served: served === true,
    Storage: storage === true,
    ...unset,
  }));
}

function schemaFaults(spec: Json): readonly Cause[] {
  const versions = versionsIn(spec);
  return versions.flatMap((version, index) => {
    const schema = part(version, 'schema')['openAPIV3Schema'];
    const field = `spec.versions[${index}].schema.openAPIV3Schema`;
    if (!isJson(schema)) return [missing(field)];
    return checkSchema(schema, versions.length === 1 ? 'spec.validation.openAPIV3Schema' : field);
  });
}

function storedFaults(spec: Json, status: Json): readonly Cause[] {
  const names = versionsIn(spec).map(version => version['name']);
  const stored = Array.isArray(status['storedVersions']) ? (status['storedVersions'] as readonly unknown[]) : [];
  if (stored.length === 0)
    return [invalidValue(null, 'must have at least one stored version', 'status.storedVersions')];
  return stored.flatMap((name, index) => {
    if (names.includes(name)) return [];
    const shown = String(name);
    const why = `missing from spec.versions; ${shown} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${shown} and removes ${shown} from status.storedVersions`;
    return [invalidValue(name, why, `status.storedVersions[${index}]`)];
  });
}
