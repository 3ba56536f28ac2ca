// The contract of a build backend: how a Builder becomes a run on some engine, and how that run's status is read back. All pure.
import type { BuildHooks } from '../function/build-hooks.ts';
import type { BuilderObject } from '../function/schema.ts';
import type { BuilderSpec } from '../function/schema-build.ts';
import type { SourceResult } from '../function/status.ts';
import type { Kind, KubeObject } from '../platform/kube/kube.ts';

/** A Builder that exists, and what its run is pinned to. */
export interface BuildOrder {
  readonly builder: BuilderObject;
  /** Commit id or `sha256:` digest; absent: the source as the Builder writes it. */
  readonly revision: string | undefined;
  /** The registry has no valid certificate, or speaks plain HTTP; absent: it is verified. */
  readonly insecureRegistry?: boolean;
  /** What runs before and after the build; absent: nothing. */
  readonly hooks?: BuildHooks;
}

/**
 * Whom a failed run is up to: `user` cancelled it; `time` ran out; `transient`: the same run may succeed later; `config`: what was asked for
 * cannot run; `policy` refused the result; `build`: the source does not build.
 */
export type FailureClass = 'user' | 'time' | 'transient' | 'config' | 'policy' | 'build';

/** What has become of a run. Times are RFC 3339. */
export type RunResult =
  | { readonly phase: 'running' }
  | {
      readonly phase: 'succeeded';
      /** Said beside "Succeeded", such as what a local build left out. */
      readonly note?: string;
      readonly output?: { readonly digest: string; readonly size?: number };
      /** What was built; empty when the engine does not tell. */
      readonly sources: readonly SourceResult[];
      readonly completedAt?: string;
    }
  | {
      readonly phase: 'failed';
      /** OpenFunction's word for the end. */
      readonly state: 'Failed' | 'Timeout' | 'Canceled';
      /** The engine's own reason. */
      readonly reason: string;
      readonly failure: FailureClass;
      readonly message: string;
      readonly completedAt?: string;
    };

/** One engine. Contract suite: `test/contracts/backend.ts`. */
export interface Backend {
  readonly engine: 'shipwright' | 'tekton';
  /** The kind of its runs; what informers watch and what the API server must serve. */
  readonly run: Kind;
  /** Runs hooks; absent: it runs none, and refuses an order that has some. */
  readonly takesHooks?: true;
  /**
   * What is created for a Builder, in this order; the last one is the run. The same order gives the same objects. Throws a TerminalError for
   * what it cannot build.
   */
  emit(order: BuildOrder): readonly Emitted[];
  /** Name of the run of a Builder. */
  runName(builder: string): string;
  /** Name of the run in a `Builder.status.resourceRef` that anybody wrote; undefined when it names none of this engine. */
  runNamed(resourceRef: Readonly<Record<string, string>>): string | undefined;
  /** `Builder.status.resourceRef`. */
  resourceRef(builder: string): Readonly<Record<string, string>>;
  /** Reads a run's status. */
  result(run: KubeObject): RunResult;
  /** An object beside the run whose status may refuse the build before the run says anything; absent: there is none. */
  readonly registration?: {
    readonly kind: Kind;
    name(builder: string): string;
    /** Undefined: nothing is refused. */
    refusal(object: KubeObject): RunResult | undefined;
  };
  /** Objects that say more of a run's end than the run does; each is read by its name. Absent: the run says all. */
  readonly details?: {
    readonly kind: Kind;
    /** None where the run says all. */
    readonly names: (run: KubeObject, result: RunResult) => readonly string[];
    /** `found`: those of them that are there. */
    readonly refine: (result: RunResult, found: readonly KubeObject[]) => RunResult;
  };
  /** Where the strategy of a build is; absent, or undefined: nowhere in the cluster. */
  strategy?(spec: BuilderSpec): { readonly kind: Kind; readonly name: string } | undefined;
  /** What of a build this engine has no place for, and what to do about it; absent, or undefined: it takes all. */
  unused?(spec: BuilderSpec): string | undefined;
  /** The merge patch that asks a run to stop. */
  readonly cancel: object;
}

/** An object to create. */
export interface Emitted {
  readonly kind: Kind;
  readonly object: KubeObject;
}
