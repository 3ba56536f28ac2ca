// Tells what happens in the demo, a line each, as the API server tells it.

import { readBuildRun } from '../../build/shipwright/result.ts';
import { kinds } from '../../function/kinds.ts';
import { labels } from '../../function/names.ts';
import { parseFunction, parseServing } from '../../function/schema.ts';
import { readBuildRun as readRun } from '../../local/runner/build-object.ts';
import type { Kube, KubeObject } from '../../platform/kube/kube.ts';
import type { Output } from '../cli/verb.ts';
import type { Ledger } from './ledger.ts';

/** Prints the steps of the demo. */
export class Narrator {
  private readonly out: Output;
  private readonly now: () => number;
  private readonly startedAt: number;
  private readonly told = new Set<string>();
  /** What is there already is no news. */
  private quiet = false;

  constructor(out: Output, now: () => number) {
    this.out = out;
    this.now = now;
    this.startedAt = now();
  }

  /** A heading. */
  heading(text: string): void {
    this.out.write(`\n${this.paint('1', text)}\n`);
  }

  /** One step: when, what kind, whose, and what. A step that was told is not told again. */
  step(kind: string, subject: string, text: string): void {
    const key = `${kind} ${subject} ${text}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    if (this.quiet) return;
    const seconds = `${((this.now() - this.startedAt) / 1000).toFixed(1)}s`.padStart(6);
    this.out.write(`${this.paint('2', seconds)}  ${this.paint('36', kind.padEnd(6))} ${subject.padEnd(16)} ${text}\n`);
  }

  /** Follows the kinds of the demo until disposed, noting runs in the ledger. Tells what happens from now on. */
  async follow(kube: Kube, ledger: Ledger): Promise<AsyncDisposable> {
    this.quiet = true;
    const watch = (kind: (typeof kinds)[keyof typeof kinds], changed: (object: KubeObject) => void) =>
      kube.reflect({ kind, project: object => object, changed, gone: () => {} });
    const reflectors = [
      watch(kinds.function, object => this.tellFunction(object)),
      watch(kinds.buildRun, object => this.tellRun(object, ledger)),
      watch(kinds.serving, object => this.tellServing(object)),
    ];
    await Promise.all(reflectors.map(reflector => reflector.synced));
    this.quiet = false;
    return {
      async [Symbol.asyncDispose]() {
        await Promise.all(reflectors.map(reflector => reflector[Symbol.asyncDispose]()));
      },
    };
  }

  private tellFunction(object: KubeObject): void {
    const parsed = parseFunction(object);
    const observed = 'ok' in parsed ? parsed.ok.status?.watch?.observed : undefined;
    if (observed) this.step('seen', object.metadata.name, `${short(observed.id)} at its source`);
  }

  private tellRun(object: KubeObject, ledger: Ledger): void {
    const { uid = '', name } = object.metadata;
    const owner = ownerOf(object);
    const source = readRun(object)?.status.source;
    const revision = source?.git?.commitSha ?? source?.ociArtifact?.digest;
    ledger.note({ uid, run: name, function: owner, ...(revision === undefined ? {} : { revision }) });
    this.step('run', owner, `${name} created`);
    const result = readBuildRun(object);
    if (result.phase === 'failed') this.step('failed', owner, result.message);
    if (result.phase !== 'succeeded') return;
    this.step('built', owner, `${short(revision ?? '')} became ${short(result.output?.digest ?? '')}`);
  }

  private tellServing(object: KubeObject): void {
    const parsed = parseServing(object);
    if ('ok' in parsed) this.step('serve', ownerOf(object), shortImage(parsed.ok.spec.image ?? ''));
  }

  private paint(code: string, text: string): string {
    return this.out.isTTY === true ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

function ownerOf(object: KubeObject): string {
  return object.metadata.labels?.[labels.function] ?? '?';
}

/** An id as people quote it. */
export function short(id: string): string {
  return id.startsWith('sha256:') ? id.slice(0, 'sha256:'.length + 12) : id.slice(0, 7);
}

function shortImage(image: string): string {
  const [name = '', digest] = image.split('@');
  return digest === undefined ? name : `${name}@${short(digest)}`;
}
