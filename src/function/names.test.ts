// Names that clusters hold: changing one of them loses what is there, so each is written out once more here.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotations, builderName, fieldManagers, functionLabel, labels, servingName } from './names.ts';

describe('names are frozen', () => {
  it('of annotations, labels and field managers', () => {
    const ours = (words: readonly string[]) => words.map(word => `openfunction.io/${word}`);
    expect(Object.values(annotations)).toEqual([
      ...ours(['revision-controller', 'revision-controller-params', 'build-engine', 'rebuild-requested', 'suspend']),
      ...ours(['hold', 'build-hooks', 'watch-paths', 'path-filter', 'rebuild-on', 'canary', 'credential-hosts']),
      ...ours(['revflow-state']),
      'module.wasm.image/variant',
    ]);
    expect(Object.values(labels)).toEqual(
      ours(['function', 'function-uid', 'builder', 'serving', 'sequence', 'watch']),
    );
    expect(Object.values(fieldManagers)).toEqual(['revflow', 'revflow-cli', 'revflow-companion']);
  });

  it('of children, made of UID and sequence', () => {
    const uid = '8f7c1c56-5a0b-4c9c-9d0b-2f1f4a0a3b11';
    expect(builderName(uid, 1)).toMatch(/^builder-[0-9a-f]{12}-1$/);
    expect(servingName(uid, 12)).toBe(builderName(uid, 12).replace('builder', 'serving'));
    expect(builderName(uid, 1)).not.toBe(builderName(`${uid}x`, 1));
  });
});

describe('names fit', () => {
  it('of Builders in 40 characters and of Servings in 38, whatever the sequence', () => {
    expect(builderName('uid', Number.MAX_SAFE_INTEGER).length).toBeLessThanOrEqual(40);
    expect(servingName('uid', Number.MAX_SAFE_INTEGER).length).toBeLessThanOrEqual(38);
  });

  it('of Functions as labels: short ones as they are, long ones hashed and still told apart', () => {
    const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,200}[a-z0-9])?$/);
    fc.assert(
      fc.property(name, name, (one, other) => {
        const label = functionLabel(one);
        expect(label).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
        if (one.length <= 63) expect(label).toBe(one);
        expect(functionLabel(other) === label).toBe(one === other);
      }),
    );
  });
});
