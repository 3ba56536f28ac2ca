// Reads that name a resourceVersion which this server has not reached: they wait a little.
import type { Core } from '../core.ts';
import { tooLargeVersion } from '../status.ts';

const waitMs = 3_000;

/** Resolves once `version` is reached; ApiError Timeout when it is not within three seconds. */
export async function reach(core: Core, version: number): Promise<void> {
  if (version <= core.store.version) return;
  const deadline = core.clock.now() + waitMs;
  while (core.clock.now() < deadline) {
    await core.clock.sleep(100);
    if (version <= core.store.version) return;
  }
  throw tooLargeVersion(version, core.store.version);
}

/** The number in a resourceVersion; undefined for what is none. */
export function versionNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** How Go words it. */
export function notANumber(text: string): string {
  return `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
}
