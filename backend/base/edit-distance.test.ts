import { describe, expect, it } from 'vitest';
import { editDistance } from './edit-distance.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['friday', 'friday', 0],
    ['thurday', 'thursday', 1],
    ['langauge', 'language', 1],
    ['kitten', 'sitting', 3],
    ['приём', 'прием', 1],
  ])('%j to %j is %d either way', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});
