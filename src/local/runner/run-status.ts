// What becomes of a run, before any engine has words for it.

/** What was fetched. */
export type RunSource =
  | {
      readonly kind: 'git';
      readonly commitSha: string;
      readonly commitAuthor?: string;
      readonly branchName?: string;
      readonly committedAt?: string;
    }
  | { readonly kind: 'oci'; readonly digest: string };

/** The image that was pushed. */
export interface WorkEnd {
  readonly image: string;
  readonly digest: string;
  /** Bytes of the compressed layers. */
  readonly size: number;
  /** What a reader must know, such as that nothing was built. */
  readonly message: string;
}

export interface Failure {
  /** Of the condition, in the engine's words: Failed, BuildRunTimeout, BuildRunCanceled, BuildNotFound, BuildRegistrationFailed. */
  readonly reason: string;
  readonly message: string;
  /** Narrower, where it is known: GitRevisionNotFound and its kin. */
  readonly details?: { readonly reason: string; readonly message: string };
}
