import { expect, test } from 'vitest';
import { LANES, LEAST_HEIGHT, lanesOf, layOut } from './layout.ts';

test('lanes follow one another without gaps and fill the canvas, at any scale', () => {
  for (const scale of [1, 1.25, 1.5, 2, 3]) {
    for (const height of [LEAST_HEIGHT, 480, 733, 1200]) {
      const boxes = layOut(Math.round(height * scale), scale, LANES);
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
  expect(lanesOf('bot', false)).not.toContain('marks');
  expect(lanesOf('bot', true)[1]).toBe('marks');
});

test('a call without a bot has no lanes of what bots do', () => {
  expect(lanesOf('person', false)).toEqual(['ruler', 'caller', 'bot', 'network']);
  expect(layOut(600, 1, lanesOf('person', true)).map(({ lane }) => lane)).toContain('marks');
});
