// The verbs that steer a Function by an annotation: what each writes, and what it says then.

import { kinds } from '../../function/kinds.ts';
import { annotations } from '../../function/names.ts';
import { systemClock } from '../../platform/clock.ts';
import { TerminalError } from '../../platform/errors.ts';
import type { KubeObject } from '../../platform/kube/kube.ts';
import { type ClientConfig } from '../config.ts';
import { openCluster, parseName, readFunction } from './cluster.ts';
import { printValue } from './output.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';

export type Steering = 'rebuild' | 'suspend' | 'resume';

/** What is written, and what people are told. */
interface Change {
  /** Annotation → value; null takes it away. Empty: it is so already. */
  readonly annotations: Readonly<Record<string, string | null>>;
  readonly told: string;
  /** What one should know besides. */
  readonly note?: string | undefined;
}

export interface SteerOrder {
  readonly verb: Steering;
  readonly name: string;
  readonly config: ClientConfig;
}

const isSuspended = ({ metadata }: KubeObject) => metadata.annotations?.[annotations.suspend] === 'true';

const changes: Readonly<Record<Steering, (object: KubeObject) => Change>> = { rebuild, suspend, resume };

/** Writes the annotation of the verb, as field manager revflow-cli. */
export async function steerFunction({ verb, name: text, config }: SteerOrder, terminal: Terminal): Promise<ExitCode> {
  await using cluster = await openCluster(config, terminal);
  const { namespace, name } = parseName(text, cluster.namespace);
  const object = await readFunction(cluster.kube, { namespace, name }, terminal.signal);
  const { annotations: written, told, note } = changes[verb](object);
  const changed = Object.keys(written).length > 0;
  if (changed) {
    await cluster.kube.patch({ kind: kinds.function, namespace, name }, { metadata: { annotations: written } });
  }
  const key = `${namespace}/${name}`;
  if (!printValue(terminal.out, config.output, { function: key, changed, annotations: written })) {
    terminal.out.write(`${key} ${told}\n`);
  }
  if (note !== undefined) terminal.err.write(`${note}\n`);
  return exitCodes.done;
}

function rebuild(object: KubeObject): Change {
  const { namespace = '', name } = object.metadata;
  const spec = object['spec'];
  if (typeof spec !== 'object' || spec === null || !('build' in spec) || spec.build === null) {
    throw new TerminalError('NoBuild', `Function ${namespace}/${name} has no spec.build: there is nothing to build`);
  }
  // A nonce that also tells when it was asked for.
  const nonce = new Date(systemClock.now()).toISOString();
  const note = isSuspended(object)
    ? `it is suspended and builds nothing before revflow resume ${namespace}/${name}`
    : `revflow explain ${namespace}/${name} says what becomes of it`;
  return { annotations: { [annotations.rebuildRequested]: nonce }, told: `is to be built again (${nonce})`, note };
}

function suspend(object: KubeObject): Change {
  if (isSuspended(object)) return { annotations: {}, told: 'is suspended already' };
  const note = 'what runs goes on; nothing new is started';
  return { annotations: { [annotations.suspend]: 'true' }, told: 'is suspended', note };
}

function resume(object: KubeObject): Change {
  const { annotations: own = {} } = object.metadata;
  const hold = own[annotations.hold];
  const note = hold === undefined ? undefined : `${annotations.hold} is still set: new revisions wait`;
  if (own[annotations.suspend] === undefined) return { annotations: {}, told: 'is not suspended', note };
  return { annotations: { [annotations.suspend]: null }, told: 'goes on', note };
}
