// What makes the schema of a definition refused: it must be structural, so that every value has one known type.
import { checkRules } from '../cel/check.ts';
import { isJson, type Json } from '../object.ts';
import type { Cause } from '../status.ts';
import { forbidden, invalid, notSupported, required } from './causes.ts';
import { fillDefaults } from './default.ts';
import { faultsOf } from './faults.ts';
import { goPattern } from './pattern.ts';
import { prune } from './prune.ts';
import { compileSchema } from './schema.ts';

/** Every fault of an openAPIV3Schema; `path` is where it stands in the definition, without a dot at the end. */
export function checkSchema(openapi: Json, path: string): readonly Cause[] {
  if (openapi['type'] === undefined) return [required(`${path}.type`, 'must not be empty at the root')];
  if (openapi['type'] !== 'object') return [invalid(`${path}.type`, openapi['type'], 'must be object at the root')];
  const causes: Cause[] = [];
  checkNode(openapi, { path, causes, isRoot: true });
  return causes.length > 0 ? causes : checkRules(openapi, path);
}

interface Place {
  readonly path: string;
  readonly causes: Cause[];
  readonly isRoot: boolean;
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

function checkNode(node: Json, place: Place): void {
  checkType(node, place);
  checkShape(node, place);
  checkPattern(node, place);
  checkLists(node, place);
  checkCombined(node, place);
  checkUnsupported(node, place);
  if (node['default'] !== undefined) checkDefault(node, place);
  const { path, causes } = place;
  for (const [name, child] of children(node)) checkNode(child, { path: `${path}.${name}`, causes, isRoot: false });
}

/** The nodes below, each with its step. */
function children(node: Json): readonly (readonly [step: string, node: Json])[] {
  const properties = isJson(node['properties']) ? Object.entries(node['properties']) : [];
  const steps = properties.map(([name, child]) => [`properties[${name}]`, child] as const);
  const all = [
    ...steps,
    ['items', node['items']] as const,
    ['additionalProperties', node['additionalProperties']] as const,
  ];
  return all.flatMap(([step, child]) => (isJson(child) ? [[step, child] as const] : []));
}

function checkType(node: Json, { path, causes }: Place): void {
  const { type } = node;
  const isOpen = node['x-kubernetes-int-or-string'] === true || node['x-kubernetes-preserve-unknown-fields'] === true;
  if (type === undefined || type === '') {
    if (isOpen) return;
    const what = path.endsWith('.items') ? 'array items' : 'object fields';
    causes.push(required(`${path}.type`, `must not be empty for specified ${what}`));
  } else if (node['x-kubernetes-int-or-string'] === true) {
    causes.push(forbidden(`${path}.type`, 'must be empty if x-kubernetes-int-or-string is true'));
  } else if (!types.some(known => known === type)) {
    causes.push(notSupported(`${path}.type`, type, types));
  }
}

function checkShape(node: Json, { path, causes }: Place): void {
  if (node['type'] === 'array' && !isJson(node['items'])) {
    causes.push(required(`${path}.items`, 'must be specified'));
  }
  if (Array.isArray(node['items']))
    causes.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  const properties = isJson(node['properties']) ? Object.keys(node['properties']) : [];
  const additional = node['additionalProperties'];
  if (additional !== undefined && properties.length > 0) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    if (additional !== false) causes.push(forbidden(`${path}.additionalProperties`, detail));
  } else if (additional === false) {
    causes.push(forbidden(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'));
  }
  if (node['x-kubernetes-preserve-unknown-fields'] === false) {
    const field = `${path}.x-kubernetes-preserve-unknown-fields`;
    causes.push(invalid(field, false, 'must be true or undefined'));
  }
}

function checkPattern(node: Json, { path, causes }: Place): void {
  const { pattern } = node;
  if (typeof pattern !== 'string') return;
  const compiled = goPattern(pattern);
  if (typeof compiled === 'string') {
    causes.push(invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${compiled}`));
  }
}

const listTypes = ['atomic', 'map', 'set'];

function checkLists(node: Json, { path, causes }: Place): void {
  const listType = node['x-kubernetes-list-type'];
  const keys = node['x-kubernetes-list-map-keys'];
  const field = `${path}.x-kubernetes-list-map-keys`;
  if (listType !== undefined && !listTypes.some(known => known === listType)) {
    causes.push(notSupported(`${path}.x-kubernetes-list-type`, listType, listTypes));
  }
  if (listType !== undefined && node['type'] !== 'array') {
    causes.push(invalid(`${path}.type`, node['type'] ?? '', 'must be array if x-kubernetes-list-type is specified'));
  }
  const named = Array.isArray(keys) ? keys.map(String) : [];
  if (listType !== 'map') {
    if (named.length > 0) causes.push(forbidden(field, 'must not be specified unless x-kubernetes-list-type is map'));
    return;
  }
  if (named.length === 0) causes.push(required(field, 'must not be empty if x-kubernetes-list-type is map'));
  const items = isJson(node['items']) ? node['items'] : {};
  const properties = isJson(items['properties']) ? items['properties'] : {};
  const mandatory = Array.isArray(items['required']) ? items['required'] : [];
  for (const [index, key] of named.entries()) {
    const property = properties[key];
    if (!isJson(property)) {
      causes.push(invalid(`${field}[${index}]`, key, 'entries must all be names of item properties'));
    } else if (property['default'] === undefined && !mandatory.includes(key)) {
      const detail =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      causes.push(required(`${path}.items.properties[${key}].default`, detail));
    }
  }
}

const onlyValues = [
  'description',
  'title',
  'type',
  'default',
  'nullable',
  'additionalProperties',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
];

/** Schemas inside allOf and the like may only say more about values. */
function checkCombined(node: Json, { path, causes }: Place): void {
  const isIntOrString = node['x-kubernetes-int-or-string'] === true;
  for (const [step, inner] of combined(node)) {
    for (const name of onlyValues) {
      if (inner[name] === undefined || (isIntOrString && name === 'type')) continue;
      causes.push(forbidden(`${path}.${step}.${name}`, 'must be empty to be structural'));
    }
    checkPattern(inner, { path: `${path}.${step}`, causes, isRoot: false });
  }
}

/** All schemas that are combined at a node, and those combined or standing below them. */
function combined(node: Json): readonly (readonly [string, Json])[] {
  const direct: (readonly [string, Json])[] = [];
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) {
    const list = node[name];
    if (!Array.isArray(list)) continue;
    for (const [index, inner] of list.entries()) if (isJson(inner)) direct.push([`${name}[${index}]`, inner]);
  }
  if (isJson(node['not'])) direct.push(['not', node['not']]);
  return direct.flatMap(([step, inner]) => {
    const nested = [
      ...combined(inner),
      ...children(inner).flatMap(([at, child]) => [[at, child] as const, ...combined(child)]),
    ];
    return [[step, inner] as const, ...nested.map(([at, child]) => [`${step}.${at}`, child] as const)];
  });
}

const unsupported = [
  '$ref',
  'definitions',
  'dependencies',
  'deprecated',
  'discriminator',
  'id',
  'patternProperties',
  'readOnly',
  'writeOnly',
  'xml',
];

function checkUnsupported(node: Json, { path, causes }: Place): void {
  for (const name of unsupported) {
    if (node[name] !== undefined) causes.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  }
  if (node['uniqueItems'] === true) {
    causes.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
}

/** A default must be a value that its own schema takes. */
function checkDefault(node: Json, { path, causes, isRoot }: Place): void {
  const field = `${path}.default`;
  if (isRoot) {
    causes.push(forbidden(field, 'must not be set at the root'));
    return;
  }
  const schema = compileSchema(node);
  const value = structuredClone(node['default']);
  if (isJson(value) && !schema.preserve && prune(schema, value).length > 0) {
    causes.push(invalid(field, node['default'], 'must not have unknown fields'));
  }
  fillDefaults(schema, value);
  for (const fault of faultsOf(schema, value, { path: '', old: undefined })) {
    causes.push({ ...fault, field: fault.field === '' || fault.field === '<nil>' ? field : `${field}.${fault.field}` });
  }
}
