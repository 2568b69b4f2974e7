import { describe, expect, it } from 'vitest';
import { indexAt } from './near.ts';

describe('indexAt', () => {
  const items = [10, 20, 20, 30].map((at) => ({ at }));
  it.each([
    [0, 0],
    [10, 0],
    [19, 0],
    [20, 2],
    [29.9, 2],
    [1000, 3],
  ])('at %d ms is item %d', (ms, index) => {
    expect(indexAt(items, ms)).toBe(index);
  });
  it('is 0 where there is nothing', () => {
    expect(indexAt([], 5)).toBe(0);
  });
});
