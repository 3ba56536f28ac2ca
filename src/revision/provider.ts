// The contract of a revision provider: a pure question to one kind of host. No state, no timers, no retries, no Secret reads.
import type { Http } from '../platform/http/http.ts';
import type { Source, Want } from '../watch/source.ts';
import type { Head, PathIds } from './observation.ts';

/** A credential's value, in memory only while it is used. */
export interface Credential {
  /** Absent: the forge's own name for tokens (`x-access-token`, `oauth2`, ...). */
  readonly username?: string;
  readonly password: string;
  /** The registry's `identitytoken`, used as refresh token instead of a password. */
  readonly identityToken?: string;
  /** PEM from the Secret's `ca.crt`. */
  readonly ca?: string;
}

/** What a provider may remember between questions; in the state port, shared by workers, may vanish. Holds no secret. */
export interface Memory {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
}

export interface Question<S extends Source = Source> {
  readonly source: S;
  readonly wants: readonly Want[];
  readonly credential: Credential | undefined;
  /** The credential's identity (an HMAC), safe as part of a key; `anonymous` without credential. */
  readonly credentialId: string;
  /** What was seen before, for conditional requests; absent: ask unconditionally. */
  readonly previous?: Readonly<Record<Want, Head>>;
  /** Ask on a new connection, unconditionally: a second opinion. */
  readonly fresh?: boolean;
  readonly signal: AbortSignal;
}

/** One answer for every want. */
export interface Answer {
  readonly heads: Readonly<Record<Want, Head>>;
}

/** Of which paths the ids are wanted, for each commit; no list is empty. */
export type WantedPaths = ReadonlyMap<string, readonly string[]>;

/** For each commit the id of every path that was wanted. */
export type FoundPaths = ReadonlyMap<string, PathIds>;

export interface Ports {
  readonly http: Http;
  readonly memory: Memory;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told which provider's answer, or failure, is about to count. */
  readonly asked?: (driver: string) => void;
}

/**
 * A provider of revisions. `observe` answers for all wants or throws: a RetryableError of platform/http for the host's failures, a
 * TerminalError for a source that this provider can never serve. Partial data is never returned.
 */
export interface Provider<S extends Source = Source> {
  /** `git`, `github`, `gitlab`, `gitee`, `oci`: metric label and folder name. */
  readonly driver: string;
  /** Whether unchanged wants are asked conditionally (the contract suite checks it). */
  readonly conditional: boolean;
  observe(question: Question<S>, ports: Ports): Promise<Answer>;
  /**
   * The ids of paths in commits that were just observed, in as few requests as the host allows; all of them, or it throws as `observe`
   * does. AnswerTooLarge where the host would have to be asked for too much. Absent: a source that has no paths.
   */
  readPaths?(question: Question<S>, wanted: WantedPaths, ports: Ports): Promise<FoundPaths>;
}
