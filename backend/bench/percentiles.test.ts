import { describe, expect, it } from 'vitest';
import { percentile, single, spread } from './percentiles.ts';

describe('percentile', () => {
  it('is the nearest rank: a value that was measured', () => {
    const samples = [15, 20, 35, 40, 50];
    expect(percentile(samples, 30)).toBe(20);
    expect(percentile(samples, 40)).toBe(20);
    expect(percentile(samples, 50)).toBe(35);
    expect(percentile(samples, 95)).toBe(50);
    expect(percentile(samples, 0)).toBe(15);
    expect(percentile(samples, 100)).toBe(50);
  });

  it('sorts by value and leaves its input as it was', () => {
    const samples = [100, 9, 20];
    expect(percentile(samples, 100)).toBe(100);
    expect(samples).toEqual([100, 9, 20]);
  });

  it('has no figure for no samples', () => {
    expect(spread([])).toEqual({ n: 0, p50: null, p95: null, p99: null, max: null });
  });
});

describe('single', () => {
  it('stands where a spread would', () => {
    expect(single(7)).toEqual({ n: 1, p50: 7, p95: null, p99: null, max: null });
  });
});
