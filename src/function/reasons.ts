// The closed list of reasons: one word each, the same in conditions, events, metrics and docs.
import type { HttpReason } from '../platform/errors.ts';

/** Every word of the HTTP edge; a missing or an extra one does not compile. */
const ofHttp: Record<HttpReason, string> = {
  Unauthorized: 'the host refuses the credential',
  Forbidden: 'the credential may not read this',
  NotFound: 'the host has no such thing, or does not show it without a credential',
  RateLimited: 'the host asks to come back later',
  ServerError: 'the host is in trouble',
  UnexpectedAnswer: 'the answer is not what the protocol says',
  AnswerTooLarge: 'the answer is longer than allowed',
  Timeout: 'no answer in time; of a Builder: the build took too long',
  NetworkError: 'the host cannot be reached',
  TlsError: 'no trusted TLS connection to the host',
  EgressDenied: 'the egress policy forbids this address',
  RedirectRefused: 'the host redirects to where it is not followed',
  PlainHttpRefused: 'a credential is not sent without TLS',
  Aborted: 'the question was given up',
};

/** Credentials. */
const ofCredentials = {
  SecretNotFound: 'the Secret is not there',
  SecretKeyMissing: 'the Secret has none of the keys that are understood',
  SshAuthUnsupported: 'a key for ssh cannot be used over HTTP',
  CredentialHostRefused: 'the Secret does not allow this host',
};

/** Watching. */
const ofWatching = {
  Observed: 'the source was looked at',
  Disabled: 'revision-controller is not "enable"',
  BadParams: 'revision-controller-params cannot be read',
  BadPaths: 'watch-paths cannot be read',
  NoBuild: 'there is no spec.build to watch',
  NoUrl: 'there is no spec.build.srcRepo.url to watch',
  NoBundle: 'there is no spec.build.srcRepo.bundleContainer to watch',
  NoServing: 'there is no spec.serving to redeploy',
  PinnedRevision: 'spec.build.srcRepo.revision is a commit and never changes',
  PinnedImage: 'the image is named by digest and never changes',
  BadUrl: 'the address of the source cannot be used',
  RefNotFound: 'the repository has no such branch or tag',
  TagNotFound: 'the registry has no such tag',
};

/** Decisions (decide/). */
const ofDecisions = {
  BuildSlots: 'all build slots are taken',
  Suspended: 'openfunction.io/suspend is set',
  Held: 'openfunction.io/hold is set',
  AwaitingFirstObservation: 'the first look at the source is awaited',
  ConfirmingRollback: 'an id that was left a short while ago must be seen twice',
  RetryingBuild: 'the build failed for a cause that may pass, and is tried again by itself',
  LettingFinish: 'two builds in a row were cancelled; this one is let finish',
  Cancelling: 'the running build is being cancelled for a newer one',
};

/** Building. */
const ofBuilding = {
  Building: 'a build runs',
  Built: 'the build succeeded',
  Skipped: 'the spec does not ask for it',
  BuildFailed: 'the build failed',
  BuildTimeout: 'the build took too long',
  BuildCanceled: 'somebody cancelled the build',
  BuildStartFailed: 'the run could not be created',
  RunVanished: 'the run was removed by somebody, again and again',
  BadHooks: 'build-hooks cannot be read, and no build starts without them',
  HooksNeedTekton: 'build-hooks are Tasks, and the build is not run by Tekton',
  NoBackend: 'the cluster does not serve the build engine',
};

/** Words that only Events have: OpenFunction's own for what becomes of a build. */
const ofBuildEvents = {
  BuildStarted: 'a build was started',
  BuildCompleted: 'a build has ended well',
  Started: 'of a Builder: its run was created',
  Completed: 'of a Builder: its run has ended well',
  Failed: 'of a Builder: the build failed',
  Canceled: 'of a Builder: somebody, or something newer, cancelled the build',
};

/** Serving and routing. */
const ofServing = {
  Starting: 'the workload is starting',
  Running: 'the workload runs',
  ServingFailed: 'the workload failed',
  ServingTimeout: 'the workload did not run in time',
  ServingStartFailed: 'the workload could not be created',
  AwaitingBuild: 'there is no image yet',
  NoRuntime: 'the cluster does not serve the runtime',
  Routed: 'the route is accepted',
  AwaitingRoute: 'the route is not accepted yet',
  AwaitingServing: 'there is no workload to route to yet',
  GatewayNotFound: 'the Gateway is not there',
  TooManyHostnames: 'a route holds 16 hostnames at most',
  RouteRefused: 'the route was refused',
};

/** The object as a whole. */
const ofWhole = {
  Serving: 'the last good version serves',
  NotServing: 'no version serves',
  Progressing: 'there is work under way',
  InvalidSpec: 'the spec cannot work as it stands',
  NameTaken: 'an object of another owner has the name',
  InternalError: 'a fault in revflow itself; please report it',
};

/** What each reason means, in words for the docs. */
export const reasons = {
  ...ofHttp,
  ...ofCredentials,
  ...ofWatching,
  ...ofDecisions,
  ...ofBuilding,
  ...ofBuildEvents,
  ...ofServing,
  ...ofWhole,
} satisfies Record<string, string>;

export type Reason = keyof typeof reasons;

/** Whether a word is of the closed list. */
export function isReason(word: string): word is Reason {
  return Object.hasOwn(reasons, word);
}
