import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

describe('Histogram', () => {
  it('gives percentiles from above, at most 4.5 % too high', () => {
    const histogram = new Histogram();
    for (let i = 1; i <= 10_000; i++) histogram.add(i / 100);
    for (const percent of [1, 50, 95, 99, 99.9]) {
      expect(histogram.percentile(percent)).toBeGreaterThanOrEqual(percent);
      expect(histogram.percentile(percent)).toBeLessThan(percent * 1.045);
    }
    expect(histogram.percentile(100)).toBe(100);
    expect(histogram.count).toBe(10_000);
  });

  it('takes what is below and above its bins', () => {
    const histogram = new Histogram();
    histogram.add(0);
    histogram.add(1e9);
    expect(histogram.percentile(50)).toBeLessThan(0.011);
    expect(histogram.max).toBe(1e9);
    expect(histogram.percentile(100)).toBeGreaterThan(160_000);
  });

  it('is empty at first and after clear()', () => {
    const histogram = new Histogram();
    expect(histogram.percentile(99)).toBe(0);
    histogram.add(5);
    histogram.clear();
    expect([histogram.count, histogram.max, histogram.percentile(50)]).toEqual([0, 0, 0]);
  });
});
