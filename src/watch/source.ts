// What is polled. Many Functions may share one source; a source is asked once for all of them.
import type { Tls } from '../platform/http/http.ts';

export type Forge = 'github' | 'gitlab' | 'gitee' | 'git';
type GitlabAuth = 'PrivateToken' | 'OAuthToken' | 'JobToken';

/** A repository of a Git host. Its refs are not part of its identity: one question names all wanted refs. */
export interface GitSource {
  readonly kind: 'git';
  /** Which forge it is (`repo-type`): names the API for what Git cannot serve, and the user name of a token. */
  readonly forge: Forge;
  /** Canonical clone URL: https:// (or http://), lower-case host, no userinfo, no trailing slash, no `.git`. */
  readonly url: string;
  /** Server of a self-hosted forge (`base-url`), without trailing slash; absent: the host of `url`. */
  readonly baseUrl?: string;
  /** GitLab's `project-id`: digits, or `group/sub/project`. Digits mean: ask the API. Absent: the path of `url`. */
  readonly projectId?: string;
  /** GitLab's `auth-type`. */
  readonly authType?: GitlabAuth;
  readonly skipVerify?: boolean;
  /** `insecure-registry` was given: credentials may go over plain HTTP. */
  readonly plainCredentials?: boolean;
}

/** One tag of an image repository. */
export interface ImageSource {
  readonly kind: 'image';
  /** Host with optional port; Docker Hub is `registry-1.docker.io`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** `insecure-registry`: plain HTTP is allowed. Loopback registries need no such word. */
  readonly plainCredentials?: boolean;
  readonly skipVerify?: boolean;
}

export type Source = GitSource | ImageSource;

/** Names what of a Git source is wanted: a branch, tag or `refs/...` name, or `HEAD` for the remote's default branch. Images: the tag. */
export type Want = string;

/** Joins the TLS options of a source with the CA that its credential brings. */
export function sourceTls(source: Source, ca: string | undefined): Tls {
  return { ...(ca === undefined ? {} : { ca }), ...(source.skipVerify ? { skipVerify: true } : {}) };
}

/** Host (with port, where it is not the scheme's own) that a source is asked at first: what budgets and breakers go by. */
export function sourceHost(source: Source): string {
  return source.kind === 'image' ? source.registry : new URL(source.url).host;
}

/** The name of a Secret that holds a credential. */
export interface SecretRef {
  readonly namespace: string;
  readonly name: string;
}

/** What the leader writes for the workers under `source:<key>` in the state port: everything that a poll needs, and no secret. */
export interface SourceSpec {
  /** Names the source in queue and state; a hash of the source and of the credential's identity. */
  readonly key: string;
  readonly source: Source;
  /** Sorted, without repeats; never empty. */
  readonly wants: readonly Want[];
  /** Of which paths the ids are wanted, for each want: sorted, without repeats. Absent, as is a want: of none. */
  readonly paths?: Readonly<Record<Want, readonly string[]>>;
  /** A few of the Secrets that held this credential when the leader looked, sorted; any of them serves. Empty: anonymous. */
  readonly secrets: readonly SecretRef[];
  /** HMAC of the credential's value under the install key; `anonymous` without one. */
  readonly credentialId: string;
  /** The promise: the shortest `polling-interval` of all subscribers, floored by `--min-interval`. Milliseconds. */
  readonly intervalMs: number;
  /** Namespaces of the subscribers, sorted, the first few; the budget is weighted over them. */
  readonly namespaces: readonly string[];
}

/** Keys in the state port. */
export const stateKeys = {
  spec: (source: string) => `source:${source}`,
  observation: (source: string) => `observation:${source}`,
  slot: (functionUid: string, sequence: number) => `slot:${functionUid}:${sequence}`,
} as const;
