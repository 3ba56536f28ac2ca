// The parameters of a run: what revflow knows, then the user's own, each checked against the pipeline that takes them.
import type { BuildParam, SingleValue } from '../../function/schema-build.ts';
import { TerminalError } from '../../platform/errors.ts';
import type { BuildOrder } from '../backend.ts';
import { imageNotes } from '../image-notes.ts';
import { isInsecure } from '../insecure-registry.ts';
import { bundleOf, sortedEnv } from '../plan.ts';
import type { Texts } from '../texts.ts';
import type { PipelineParam } from './pipelines.ts';

export interface RunParam {
  readonly name: string;
  readonly value: string | readonly string[];
}

/** What only revflow may say. */
const given = [
  'git-url',
  'git-revision',
  'bundle',
  'bundle-insecure',
  'image',
  'context-dir',
  'insecure',
  'env',
  'labels',
  'label-flags',
];

/** What every strategy for Shipwright declares, used or not: a Function that gives it builds here too. */
const tolerated: ReadonlySet<string> = new Set(['builder-image', 'dockerfile', 'ENV_VARS']);

/** Throws a TerminalError for a parameter that the pipeline cannot take. */
export function runParams(order: BuildOrder, declared: readonly PipelineParam[], texts: Texts): readonly RunParam[] {
  const types = new Map(declared.map(({ name, type }) => [name, type]));
  const own = (order.builder.spec.shipwright?.params ?? []).flatMap(param => ownParam(param, types, texts));
  const named = new Set(own.map(({ name }) => name));
  const known = knownParams(order, texts).filter(({ name, value }) => value !== '' && types.has(name));
  return [...known.filter(({ name }) => !named.has(name)), ...own];
}

function knownParams(order: BuildOrder, texts: Texts): readonly RunParam[] {
  const { builder, revision, insecureRegistry } = order;
  const { spec } = builder;
  const { url = '', revision: written = '', sourceSubPath = '' } = spec.srcRepo;
  const entries = [
    ['git-url', url],
    ['git-revision', revision || written],
    ['bundle', bundleOf(spec, revision) ?? ''],
    ['bundle-insecure', insecureRegistry === true ? 'true' : ''],
    ['image', spec.image],
    ['context-dir', sourceSubPath],
    ['insecure', isInsecure(order) ? 'true' : ''],
    ['builder-image', spec.builder ?? ''],
    ['dockerfile', spec.dockerfile ?? ''],
  ] as const;
  const env = sortedEnv(spec).map(([name, value]) => texts.plain(`${name}=${value}`));
  return [
    ...entries.map(([name, value]) => ({ name, value: texts.plain(value) })),
    ...labelParams(order, texts),
    ...(env.length === 0 ? [] : [{ name: 'env', value: env }]),
  ];
}

/** What the pipeline cannot find out by itself; source and revision it knows. */
function labelParams(order: BuildOrder, texts: Texts): readonly RunParam[] {
  const name = 'openfunction.io/function';
  const value = imageNotes(order)[name];
  if (value === undefined) return [];
  const label = `${name}=${value}`;
  return [
    { name: 'labels', value: [texts.plain(label)] },
    { name: 'label-flags', value: [texts.plain(`--label=${label}`)] },
  ];
}

function ownParam(param: BuildParam, types: ReadonlyMap<string, string>, texts: Texts): readonly RunParam[] {
  const { name, values } = param;
  const type = types.get(name);
  if (given.includes(name)) throw refused(name, 'is given by revflow');
  if (type === undefined) {
    if (tolerated.has(name)) return [];
    const known = [...types.keys()].filter(each => !given.includes(each)).join(', ');
    throw refused(name, `is none of this strategy's on Tekton; it has ${known}`);
  }
  if ((values !== undefined) !== (type === 'array')) {
    throw refused(name, type === 'array' ? 'is a list: it needs values' : 'is one text: it needs a value');
  }
  if (values) return [{ name, value: values.map(value => single(value, texts) ?? '') }];
  const value = single(param, texts);
  return value === undefined ? [] : [{ name, value }];
}

function refused(name: string, why: string): TerminalError {
  return new TerminalError('BuildStartFailed', `the parameter ${name} ${why}`);
}

/** An empty value beside a reference is none. */
function single({ value, configMapValue, secretValue }: SingleValue, texts: Texts): string | undefined {
  if (configMapValue) return texts.ref({ source: 'configMapKeyRef', ...configMapValue });
  if (secretValue) return texts.ref({ source: 'secretKeyRef', ...secretValue });
  return value === undefined ? undefined : texts.plain(value);
}
