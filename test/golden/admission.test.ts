// What may be a Function, and what stands in it when nobody wrote it, against OpenFunction's own webhooks (../shared/goldens/admission).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { withDefaults } from '../../src/function/defaults.ts';
import type { FunctionSpec } from '../../src/function/schema.ts';
import type { KubeObject } from '../../src/platform/kube/kube.ts';
import { checkFunction } from '../../src/reconcile/check.ts';
import { otherVerdicts } from './differences.ts';

const folder = join(import.meta.dirname, '../../../shared/goldens/admission');
const isHere = existsSync(folder);

interface Recorded {
  readonly case: string;
  readonly allowed: boolean;
  readonly input: KubeObject & { readonly spec?: object };
  /** As it was stored. */
  readonly spec?: FunctionSpec;
}

/** Functions that were created as v1beta2. */
function recordings(file: string): readonly Recorded[] {
  if (!isHere) return [];
  const all = parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map(document => document.toJS() as Recorded);
  return all.filter(({ input }) => input.apiVersion === 'core.openfunction.io/v1beta2' && input.spec !== undefined);
}

function checked({ input }: Recorded) {
  return checkFunction({ ...input, metadata: { uid: 'u', namespace: 'n', ...input.metadata } });
}

/** What defaults are about. */
function filled({ version, workloadRuntime, build, serving }: FunctionSpec) {
  const { port, route } = serving?.triggers?.http ?? {};
  const { annotations, template } = serving ?? {};
  const runtimeClass = template?.['runtimeClassName'];
  const strategy = build?.shipwright?.strategy;
  return { version, workloadRuntime, port, gateway: route?.gatewayRef, annotations, runtimeClass, strategy };
}

const all = ['function.yaml', 'function-nonsense.yaml'].flatMap(recordings);

describe.skipIf(!isHere)(
  `OpenFunction's admission${isHere ? '' : ' (skipped: its recordings are not at hand)'}`,
  () => {
    it('takes and refuses the same Functions, but for what is listed', () => {
      expect(all.length).toBeGreaterThan(150);
      const differing = all.filter(recorded => 'ok' in checked(recorded) !== recorded.allowed);
      const listed = Object.keys(otherVerdicts).toSorted();
      expect(differing.map(recorded => recorded.case).toSorted()).toEqual(listed);
    });

    it('fills in the same', () => {
      for (const recorded of all) {
        const ours = checked(recorded);
        if (!('ok' in ours) || recorded.spec === undefined) continue;
        expect({ case: recorded.case, ...filled(withDefaults(ours.ok).spec) }).toEqual({
          case: recorded.case,
          ...filled(recorded.spec),
        });
      }
    });
  },
);
