// A small case as a recording would tell it: one Function, built once, then its image changed while nothing goes wrong.
import type { KubeObject } from '../../../src/platform/kube/kube.ts';
import type { GoldenCase, RecordedEvent, Stage } from '../cases.ts';

const core = 'core.openfunction.io/v1beta2';
const namespace = 'g-own';
const build = { builder: 'reg.example/builder:1', srcRepo: { url: 'https://git.example/f.git' } };
const digest = `sha256:${'a'.repeat(64)}`;
const sources = [{ name: 'default', git: { commitSha: 'c'.repeat(40), commitAuthor: 'A. Author' } }];

const names = (builder: string) => ({
  build: `${builder}-build-<r1>`,
  run: `${builder}-buildrun-<r1>`,
});
const refs = (builder: string) => ({
  'shipwright.io/build': names(builder).build,
  'shipwright.io/buildRun': names(builder).run,
});

const functionOf = (image: string): KubeObject => ({
  apiVersion: core,
  kind: 'Function',
  metadata: { name: 'f', namespace },
  spec: { image, build },
});

const owner = (kind: string, name: string) => ({
  apiVersion: core,
  kind,
  name,
  uid: '',
  controller: true,
  blockOwnerDeletion: true,
});

function childrenOf(builder: string, image: string): readonly KubeObject[] {
  const label = { 'openfunction.io/function': 'f' };
  const metadata = {
    namespace,
    labels: { ...label, 'openfunction.io/builder': builder },
    ownerReferences: [owner('Builder', builder)].map(({ uid: _uid, ...rest }) => rest as ReturnType<typeof owner>),
  };
  const ofFunction = [owner('Function', 'f')].map(({ uid: _uid, ...rest }) => rest as ReturnType<typeof owner>);
  return [
    {
      apiVersion: core,
      kind: 'Builder',
      metadata: { name: builder, namespace, labels: label, ownerReferences: ofFunction },
      spec: { ...build, image },
    },
    {
      apiVersion: 'shipwright.io/v1alpha1',
      kind: 'Build',
      metadata: { ...metadata, name: names(builder).build },
      spec: {
        builder: { image: build.builder },
        output: { image },
        source: { url: build.srcRepo.url },
        strategy: { kind: 'ClusterBuildStrategy', name: 'openfunction' },
      },
    },
    {
      apiVersion: 'shipwright.io/v1alpha1',
      kind: 'BuildRun',
      metadata: { ...metadata, name: names(builder).run },
      spec: { buildRef: { name: names(builder).build }, serviceAccount: { generate: true } },
    },
  ];
}

const building = (builder: string) => ({ phase: 'Build', state: 'Building', resourceRef: refs(builder) });
const good = { state: 'Succeeded', reason: 'Succeeded', message: 'Succeeded', buildDuration: '<duration>' };
const ended = (builder: string) => ({
  phase: 'Build',
  ...good,
  resourceRef: refs(builder),
  output: { digest, size: 1 },
  sources,
});

const afterBuild = (hash: string, builder: string) => ({
  build: { ...good, resourceHash: hash, resourceRef: builder },
  revision: { imageDigest: digest },
  sources,
});

const stage = (name: string, ofFunction: object, builders: Readonly<Record<string, object>>): Stage => ({
  name,
  appeared: Object.keys(builders).map(builder => `Builder/${builder}`),
  disappeared: [],
  statuses: { Function: { f: { ...ofFunction } }, Builder: { ...builders } as Stage['statuses'][string] },
});

const [first, second] = ['builder-<B1>', 'builder-<B2>'];
const going = (hash: string, builder: string) => ({ state: 'Building', resourceHash: hash, resourceRef: builder });

function eventsOf(builder: string): readonly RecordedEvent[] {
  const ofFunction = { action: 'Build', type: 'Normal', regarding: 'Function/f', related: `Builder/${builder}` };
  const ofBuilder = { action: 'Build', type: 'Normal', regarding: `Builder/${builder}` };
  return [
    { ...ofFunction, reason: 'BuildStarted', note: 'Build started' },
    { ...ofFunction, reason: 'BuildCompleted', note: 'Build completed' },
    { ...ofBuilder, reason: 'Started', note: 'Build started' },
    { ...ofBuilder, reason: 'Completed', note: 'Build completed' },
  ];
}

/** A recording of what revflow does, too. */
export const ownCase: GoldenCase = {
  name: 'own/two-builds',
  folder: 'own/two-builds',
  input: [functionOf('reg.example/f:v1')],
  stored: [functionOf('reg.example/f:v2')],
  building: childrenOf(first, 'reg.example/f:v1'),
  objects: childrenOf(second, 'reg.example/f:v2'),
  stages: [],
  steps: [
    stage('building', { build: going('<hash-1>', first) }, { [first]: building(first) }),
    stage('build succeeded', afterBuild('<hash-1>', first), {}),
    stage(
      'edit spec.image: building',
      { ...afterBuild('<hash-1>', first), build: going('<hash-2>', second) },
      { [second]: building(second) },
    ),
  ],
  history: {
    'Function/f': [
      {},
      { build: { state: 'Created', resourceRef: first } },
      { build: going('<hash-1>', first) },
      afterBuild('<hash-1>', first),
      { build: { state: 'Created', resourceRef: second } },
      { build: going('<hash-2>', second) },
      afterBuild('<hash-2>', second),
    ],
    [`Builder/${first}`]: [{}, building(first), ended(first), 'deleted' as never],
    [`Builder/${second}`]: [{}, building(second), ended(second), 'deleted' as never],
  },
  events: [...eventsOf(first), ...eventsOf(second)],
  rejected: [],
  crashed: false,
};
