// The build engines that revflow knows.
import type { Backend } from './backend.ts';
import { shipwright } from './shipwright/backend.ts';

export const backends: readonly Backend[] = [shipwright];
