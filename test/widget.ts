// A kind of object with every kind of rule, and Widgets to try them on.

const text = { type: 'string' };
const integer = { type: 'integer' };

const condition = {
  type: 'object',
  required: ['type', 'status'],
  properties: { type: text, status: text, reason: text, message: text },
};

const spec = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    color: { type: 'string', enum: ['red', 'green', 'blue'], maxLength: 10, default: 'red' },
    code: { type: 'string', pattern: '^[a-z]{3}-[0-9]+$', maxLength: 12 },
    replicas: { type: 'integer', minimum: 0, default: 1 },
    ratio: { type: 'number', multipleOf: 0.5, exclusiveMinimum: true, minimum: 0 },
    port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    args: { type: 'array', items: text, maxItems: 5, 'x-kubernetes-list-type': 'atomic' },
    steps: {
      type: 'array',
      maxItems: 10,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', maxLength: 20 }, image: text, retries: { type: 'integer', default: 3 } },
      },
    },
    limits: {
      type: 'object',
      maxProperties: 5,
      additionalProperties: { type: 'string', maxLength: 20 },
      'x-kubernetes-validations': [
        {
          rule: 'self.all(k, size(self[k]) > 0)',
          message: 'a limit must not be empty',
          reason: 'FieldValueRequired',
        },
      ],
    },
    selector: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
    min: integer,
    max: integer,
    mode: {
      type: 'string',
      maxLength: 10,
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'mode is immutable' }],
    },
    nested: {
      type: 'object',
      default: {},
      properties: {
        depth: { type: 'integer', default: 3 },
        retry: { type: 'object', properties: { limit: { type: 'integer', default: 2 } } },
      },
    },
    nullable: { type: 'string', nullable: true },
    when: { type: 'string', format: 'date-time' },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
      message: 'min must not exceed max',
      fieldPath: '.min',
    },
    {
      rule: "self.color != 'blue' || self.replicas <= 5",
      messageExpression: "self.color + ' takes at most 5 replicas'",
      reason: 'FieldValueForbidden',
    },
  ],
};

/** The openAPIV3Schema of Widget, `example.revflow.dev/v1`. */
export const widgetSchema = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
    spec,
    status: {
      type: 'object',
      properties: {
        phase: text,
        replicas: integer,
        selector: text,
        observedGeneration: { type: 'integer', format: 'int64' },
        conditions: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
          items: condition,
        },
      },
    },
  },
  required: ['spec'],
  'x-kubernetes-validations': [
    { rule: "!self.metadata.name.startsWith('forbidden')", message: 'this name is forbidden' },
  ],
};

/** A Widget as a client sends it. */
export function widget(spec: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { apiVersion: 'example.revflow.dev/v1', kind: 'Widget', metadata: { name: 'w' }, spec, ...more };
}
