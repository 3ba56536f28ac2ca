// The build engines that revflow knows, in the order in which a cluster's are taken.
import type { Backend } from './backend.ts';
import { shipwright } from './shipwright/backend.ts';
import { tekton } from './tekton/backend.ts';

/** Where nothing else is known. */
export const defaultBackend = shipwright;

export const backends: readonly Backend[] = [shipwright, tekton];
