// Every name that revflow gives: derived names of children, labels, annotations, field managers. Frozen: clusters hold them.
import { sha256 } from './hash.ts';

const prefix = 'openfunction.io/';

export const labels = {
  function: `${prefix}function`,
  functionUid: `${prefix}function-uid`,
  builder: `${prefix}builder`,
  serving: `${prefix}serving`,
  sequence: `${prefix}sequence`,
  /** On Secrets: `true` where they are watched. */
  watch: `${prefix}watch`,
} as const;

export const annotations = {
  revisionController: `${prefix}revision-controller`,
  revisionControllerParams: `${prefix}revision-controller-params`,
  buildEngine: `${prefix}build-engine`,
  rebuildRequested: `${prefix}rebuild-requested`,
  suspend: `${prefix}suspend`,
  hold: `${prefix}hold`,
  buildHooks: `${prefix}build-hooks`,
  watchPaths: `${prefix}watch-paths`,
  pathFilter: `${prefix}path-filter`,
  rebuildOn: `${prefix}rebuild-on`,
  canary: `${prefix}canary`,
  /** On Secrets: the hosts that a credential may be sent to. */
  credentialHosts: `${prefix}credential-hosts`,
  /** Companion mode keeps its state here. */
  revflowState: `${prefix}revflow-state`,
  /** OpenFunction's own; makes a Function a wasm one. */
  wasmVariant: 'module.wasm.image/variant',
} as const;

/** On runs, by us alone: the hash of what one is made from. Functions of the namespace whose builds have the same share it. */
export const shareAnnotation = `${prefix}share`;

export const fieldManagers = { loop: 'revflow', cli: 'revflow-cli', companion: 'revflow-companion' } as const;

/** The longest value of a label. */
const longestLabel = 63;

/**
 * Name of the Builder of one attempt, at most 37 characters (40 is the budget). Written into `resourceRef` before it is used, and read
 * back from there.
 */
export function builderName(functionUid: string, sequence: number): string {
  return `builder-${sha256(functionUid).slice(0, 12)}-${sequence}`;
}

/** Name of the Serving of one attempt, at most 37 characters (38 is the budget: Knative and Dapr append to it). */
export function servingName(functionUid: string, sequence: number): string {
  return `serving-${sha256(functionUid).slice(0, 12)}-${sequence}`;
}

/** Name of the Shipwright Build of a Builder. */
export function buildName(builder: string): string {
  return `${builder}-build`;
}

/** Name of the BuildRun of a Builder. */
export function buildRunName(builder: string): string {
  return `${builder}-buildrun`;
}

/** Name of the Tekton PipelineRun of a Builder. */
export function pipelineRunName(builder: string): string {
  return `${builder}-run`;
}

/** A Function's name as a label's value: itself, or where it is longer than 63 characters its beginning and a hash. */
export function functionLabel(name: string): string {
  if (name.length <= longestLabel) return name;
  const hash = sha256(name).slice(0, 12);
  return `${name.slice(0, longestLabel - hash.length - 1)}-${hash}`;
}

/** The UID that a Function gets which no API server has seen (`revflow render`): the same names give the same one. */
export function uidOfUnsaved(namespace: string, name: string): string {
  return `unsaved-${sha256(`${namespace}/${name}`).slice(0, 12)}`;
}
