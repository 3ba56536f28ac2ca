// The build engines that revflow knows, in the order in which a cluster's are taken.
import type { Backend } from './backend.ts';
import { shipwright, shipwrightV1alpha1 } from './shipwright/backend.ts';
import { tekton } from './tekton/backend.ts';

/** Where nothing else is known. */
export const defaultBackend = shipwright;

/** An engine stands here once for each version of its API, the newest first. */
export const backends: readonly Backend[] = [shipwright, shipwrightV1alpha1, tekton];
