// Quantities are compared by amount.
import { describe, expect, it } from 'vitest';
import { parseQuantity } from './quantity.ts';

describe('a quantity', () => {
  it.each<readonly (string | number)[]>([
    ['1', '1000m', '1.0', '1e0', 1, '1000000u', '+1'],
    ['0.5', '500m', '.5', '5e-1', 0.5],
    ['1Gi', '1024Mi', '1073741824', '1073741824000m'],
    ['1k', '1000', '1e3', '1E3'],
    ['1E', '1000P', '1e18'],
    ['0', '0m', '0Gi', 0],
    ['1n', '0.1n', '0.0000000001'],
  ])('%s is the same amount in other words', (...spellings) => {
    expect(new Set(spellings.map(parseQuantity)).size).toBe(1);
    expect(parseQuantity(spellings[0] ?? '')).toBeDefined();
  });

  it('differs by amount and sign', () => {
    const amounts = ['1Gi', '1G', '1', '1m', '-1m', '0'].map(parseQuantity);
    expect(new Set(amounts).size).toBe(amounts.length);
  });

  it.each(['', 'a', '1 Gi', '1Kb', 'Gi', '1e', '1e999', '--1', 'NaN'])('"%s" is none', text => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});
