// Where we differ from the recordings of OpenFunction on purpose, each with its reason.
import { sorted } from './replay/field.ts';

/** Recordings whose Function is stored as it was at the end, after edits: their first children belong to another spec. */
const edited = /\/(?:life|crash)-/;

export function changed(name: string): boolean {
  return edited.test(name);
}

const zero = 'their webhook wrote a zero value in its place; here it is asked for';
const nothing =
  'an entry without its only member could never be read in their other version; nothing can be made of it';
const nulls = 'their webhook wrote nulls beside it, which their own schema refused';

/** Functions that are taken or refused otherwise than by OpenFunction's webhooks, each with the reason. */
export const otherVerdicts: Readonly<Record<string, string>> = {
  'serving timeout negative': 'a time that is over before it begins: no Serving could ever run',
  'srcRepo bundle without image': zero,
  'strategy without name': zero,
  'shipwright param without name': zero,
  'scaleUp policy without periodSeconds': zero,
  'scaleDown policy without periodSeconds': zero,
  'fallback without replicas': zero,
  'keda trigger without type': zero,
  'dapr trigger without name': zero,
  'binding without version': zero,
  'pubsub without type': zero,
  'tracing without enabled': zero,
  'output without dapr': nothing,
  'trigger input empty': nothing,
  'shipwright param with configMapValue': nulls,
  'shipwright param with configMapValue with format': nulls,
  'shipwright param with secretValue': nulls,
  'shipwright param with values with secretValue': nulls,
  'scalingStrategy eager': 'KEDA has it by now',
};

/** Where a refusal names the field by another path than OpenFunction's, which misspells it. */
export const correctedPaths: Readonly<Record<string, string>> = {
  'spec.serving.scaleOptions.keda.scaledObject.cooldownPeriod':
    'spec.serving.scaleOptions.keda.httpScaledObject.cooldownPeriod',
  'spec.serving.scaleOptions.keda.scaleJob.scalingStrategy.customScalingQueueLengthDeduction':
    'spec.serving.scaleOptions.keda.scaledJob.scalingStrategy.customScalingQueueLengthDeduction',
};

/** One field, object, Event or verdict of which the recording and we say different things. */
export interface Difference {
  /** The stage or step, or `building`, `at rest`, `events`, `apply`. */
  readonly at: string;
  /** `Kind/name`, in the recording's names. */
  readonly object: string;
  /** Empty: the object itself. */
  readonly field: string;
  /** Undefined: there is none. */
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** What the recording has around a difference: `Kind/name field` → value, of the same stage. */
export type Around = ReadonlyMap<string, unknown>;

interface General {
  readonly reason: string;
  readonly covers: (difference: Difference, around: Around) => boolean;
}

/** Text of sources, whatever the branch. */
function withoutBranch(sources: unknown): string {
  return JSON.stringify(sorted(sources), (key, value: unknown) => (key === 'branchName' ? undefined : value));
}

/** Differences of every case. Each rule names the one field that it is about, and what has to stand there. */
export const everywhere: readonly General[] = [
  {
    reason: 'their hash of an empty spec says nothing: a part that is absent has no inputs',
    covers: ({ object, field, ours }, around) =>
      field === 'build.resourceHash' && ours === undefined && around.get(`${object} build.state`) === 'Skipped',
  },
  {
    reason: 'they clear status.build before each further build; here the intent of the next one is one write',
    covers: ({ at, object, field, ours }) =>
      at === 'history' && object.startsWith('Function/') && field === 'cleared' && ours === undefined,
  },
  {
    reason: 'children say whose they are and which one, where theirs had random names',
    covers: ({ field, theirs, ours }) =>
      /^metadata\.labels\.openfunction\.io\/(?:function-uid|sequence)$/.test(field) &&
      theirs === undefined &&
      typeof ours === 'string' &&
      ours !== '',
  },
  {
    reason: 'the image says which Function it is for',
    covers: ({ object, field, theirs, ours }) =>
      object.startsWith('Build/') &&
      /^spec\.output\.(?:labels|annotations)\.openfunction\.io\/function$/.test(field) &&
      theirs === undefined &&
      /^g-[^/]+\/[^/]+$/.test(String(ours)),
  },
  {
    reason: 'their build never told the branch that Shipwright reports (core-build.md §1.4)',
    covers: ({ field, theirs, ours }) =>
      field === 'sources' &&
      withoutBranch(theirs) === withoutBranch(ours) &&
      /"branchName":"main"/.test(JSON.stringify(ours)),
  },
];

interface Known {
  readonly reason: string;
  /** Case → all lines in which it differs for that reason; `builder-<more1>` is one that only we made. */
  readonly cases: Readonly<Record<string, readonly string[]>>;
}

const unregistered = 'the Build builder-<B1>-build-<r1> is not registered: ClusterBuildStrategyNotFound';
const theirUnregistered =
  'the Build is not registered correctly, build: x, registered status: False, reason: ClusterBuildStrategyNotFound';
const lastWords = '"step-create" exited with code 51';

/** Differences of single cases. A line that is not met any more fails, as does one that is not here. */
export const known: readonly Known[] = [
  {
    reason: 'only what changes the build builds again (corrections.md, 51): shipwright.timeout does not',
    cases: {
      'life-build-edits': [
        'builder-<B10>: made → not made',
        'edit shipwright.timeout: Function/f build.buildDuration: nothing → <duration>',
        'edit shipwright.timeout: Function/f build.message: nothing → Succeeded',
        'edit shipwright.timeout: Function/f build.reason: nothing → Succeeded',
        'edit shipwright.timeout: Function/f build.resourceHash: <hash-11> → <hash-10>',
        'edit shipwright.timeout: Function/f build.resourceRef: builder-<B10> → builder-<B9>',
        'edit shipwright.timeout: Function/f build.state: Building → Succeeded',
      ],
    },
  },
  {
    reason: 'a Build that is not registered fails at once, and its run is asked to stop (core-build.md §10, 10)',
    cases: {
      'life-build-registration-failed': [
        ...['Builder/builder-<B1> ', 'Function/f build.'].flatMap(member => [
          `Build registered False, BuildRun without status: ${member}buildDuration: nothing → <duration>`,
          `Build registered False, BuildRun without status: ${member}message: nothing → ${unregistered}`,
          `Build registered False, BuildRun without status: ${member}reason: nothing → BuildRegistrationFailed`,
          `Build registered False, BuildRun without status: ${member}state: Building → Failed`,
          `BuildRun BuildRegistrationFailed: ${member}message: ${theirUnregistered} → ${unregistered}`,
        ]),
        'at rest: BuildRun/builder-<B1>-buildrun-<r1> spec.state: nothing → BuildRunCanceled',
        ...['BuildFailed Function/f Builder/builder-<B1>', 'Failed Builder/builder-<B1>'].flatMap(event => [
          `events: Warning ${event} "Build failed: ${theirUnregistered}": told → nothing`,
          `events: Warning ${event} "Build failed: ${unregistered}": nothing → told`,
        ]),
      ],
    },
  },
  {
    reason: 'a timeout stops the run (core-build.md §10, 14), and its Event says so (15)',
    cases: {
      'life-build-timeout': [
        'at rest: BuildRun/builder-<B1>-buildrun-<r1> spec.state: nothing → BuildRunCanceled',
        'events: Warning Timeout Builder/builder-<B1> "Build timeout": nothing → told',
      ],
    },
  },
  {
    reason: 'a run that vanished is started again under the next sequence, where theirs waited for ever (design, §4)',
    cases: {
      'life-delete-running-builder': [
        'builder-<more1>: not made → made',
        'delete the BuildRun: Builder/builder-<B2> message: nothing → its run was deleted before it ended',
        'delete the BuildRun: Builder/builder-<B2> reason: nothing → RunVanished',
        'delete the BuildRun: Builder/builder-<B2> state: Building → Failed',
        'delete the BuildRun: Function/f build.resourceRef: builder-<B2> → builder-<more1>',
        // The Build that the step deletes is that of the newer run.
        'at rest: Build/builder-<B2>-build-<r1>: nothing → there',
        'events: Warning Failed Builder/builder-<B2> "Build failed: its run was deleted before it ended": nothing → told',
        'history: Builder/builder-<B2> Failed: nothing → told',
      ],
    },
  },
  {
    reason: 'a failed build is not built again because nothing of it is kept (core-build.md §10, 6)',
    cases: {
      'life-failed-limit-zero': [
        'builder-<B2>: made → not made',
        'builder-<B3>: made → not made',
        'build 1 failed: Function/f build.buildDuration: nothing → <duration>',
        `build 1 failed: Function/f build.message: nothing → ${lastWords}`,
        'build 1 failed: Function/f build.reason: nothing → Failed',
        'build 1 failed: Function/f build.resourceRef: builder-<B2> → builder-<B1>',
        'build 1 failed: Function/f build.state: Building → Failed',
        'build 2 failed: Function/f build.resourceRef: builder-<B3> → builder-<B1>',
      ],
    },
  },
  {
    reason: 'what serves is let go when nothing is to be served (corrections.md, 17), after a failed build too',
    cases: {
      'life-delete-serving-part': ['delete spec.serving: Serving/serving-<S1>: there → nothing'],
      'crash-serving-removed-after-failed-build': [
        'end: Function/f serving.resourceRef: serving-<S1> → nothing',
        'end: Serving/serving-<S1>: there → nothing',
      ],
    },
  },
  {
    reason:
      'what WasmEdge asks for goes with it: it is derived, not stored (corrections.md, 17; core-build.md §10, 18)',
    cases: {
      'life-wasm-revert': [
        'serving-<more1>: not made → made',
        'workloadRuntime back to OCIContainer: Function/f serving.resourceRef: serving-<S1> → serving-<more1>',
        'workloadRuntime back to OCIContainer: Serving/serving-<S1>: there → nothing',
      ],
    },
  },
  {
    reason: `${nulls}; parameters from ConfigMaps and Secrets are taken (corrections.md, 39)`,
    cases: {
      'rejected-params-array-secret': [
        `apply: spec.build.shipwright.params[0].values[0].value: refused → taken and built with ${JSON.stringify([
          { name: 's', values: [{ secretValue: { format: 'f', key: 'k', name: 'c' } }] },
          { name: 'builder-image', value: 'b' },
        ])}`,
      ],
      'rejected-params-configmap': [
        `apply: spec.build.shipwright.params[0].value: refused → taken and built with ${JSON.stringify([
          { configMapValue: { format: 'f', key: 'k', name: 'c' }, name: 'cm' },
          { name: 'builder-image', value: 'b' },
        ])}`,
      ],
    },
  },
  {
    reason: nothing,
    cases: {
      'outputs-without-dapr': ['apply: input: taken → spec.serving.outputs[0] must have dapr, found {}'],
    },
  },
];
