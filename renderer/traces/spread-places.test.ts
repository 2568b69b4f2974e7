import { expect, it } from 'vitest';
import { spreadPlaces } from './spread-places.ts';

it('places the median and its interval between the extremes', () => {
  expect(spreadPlaces({ min: 100, max: 300, p50: 150, ci95: [120, 200] })).toEqual({
    median: 0.25,
    interval: { left: 0.1, width: 0.4 },
  });
});

it('stands in the middle where all values are one', () => {
  expect(spreadPlaces({ min: 5, max: 5, p50: 5, ci95: null })).toEqual({ median: 0.5, interval: null });
});
