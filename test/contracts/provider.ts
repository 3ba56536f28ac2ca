// The contract of a revision provider, as cases that every provider passes; where one differs, its list says why.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accessCases } from './provider-access.ts';
import { faultCases } from './provider-faults.ts';
import { type ProviderHarness, Trial } from './provider-harness.ts';
import { headCases } from './provider-heads.ts';
import { pathCases } from './provider-paths.ts';

const cases = { ...headCases, ...accessCases, ...faultCases, ...pathCases };

type ProviderCase = keyof typeof cases;

export interface ProviderContract {
  readonly name: string;
  open(): Promise<ProviderHarness>;
  /** Cases that do not hold for this provider, with the reason. */
  readonly differences: Partial<Record<ProviderCase, string>>;
}

/** Runs every case, each with ports of its own, against one other side. */
export function providerContract(contract: ProviderContract): void {
  describe(`provider contract: ${contract.name}`, () => {
    let harness: ProviderHarness;

    beforeAll(async () => {
      harness = await contract.open();
    });
    afterEach(() => {
      harness.wire?.reset();
      expect(harness.violations()).toEqual([]);
    });
    afterAll(() => harness[Symbol.asyncDispose]());

    const differences: Readonly<Record<string, string | undefined>> = contract.differences;
    for (const [title, run] of Object.entries(cases)) {
      const reason = differences[title];
      it.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (not so: ${reason})`, async () => {
        await using trial = new Trial(harness);
        await run(trial);
      });
    }
  });
}

/** The differences of a provider that knows no folders. */
export function withoutPaths(reason: string): Partial<Record<ProviderCase, string>> {
  return Object.fromEntries(Object.keys(pathCases).map(title => [title, reason]));
}
