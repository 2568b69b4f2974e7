import { expect, test } from 'vitest';
import { LANES, LEAST_HEIGHT, layOut } from './layout.ts';

test('lanes follow one another without gaps and fill the canvas, at any scale', () => {
  for (const scale of [1, 1.25, 1.5, 2, 3]) {
    for (const height of [LEAST_HEIGHT, 480, 733, 1200]) {
      const boxes = layOut(Math.round(height * scale), scale, true);
      let top = 0;
      for (const box of boxes) {
        expect(box.top).toBe(top);
        expect(Number.isInteger(box.height)).toBe(true);
        top += box.height;
      }
      expect(Math.abs(top - Math.round(height * scale))).toBeLessThan(LANES.length);
    }
  }
});

test('marks take room only where there are any', () => {
  expect(layOut(600, 1, false).map(({ lane }) => lane)).not.toContain('marks');
  expect(layOut(600, 1, true)[1]?.lane).toBe('marks');
});
