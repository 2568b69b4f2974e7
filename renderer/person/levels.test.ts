import { describe, expect, it } from 'vitest';
import { meterLevel } from './levels.ts';

describe('meterLevel', () => {
  it('is a scale of decibels from -60 to full', () => {
    expect(meterLevel(1, 0)).toBe(1);
    expect(meterLevel(0.1, 0)).toBeCloseTo(2 / 3);
    expect(meterLevel(0.001, 0)).toBeCloseTo(0);
    expect(meterLevel(0, 0)).toBe(0);
  });

  it('rises at once and falls slowly', () => {
    expect(meterLevel(1, 0.2)).toBe(1);
    expect(meterLevel(0, 1)).toBeGreaterThan(0.5);
    expect(meterLevel(0, 1)).toBeLessThan(1);
  });
});
