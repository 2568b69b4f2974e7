import { expect, it } from 'vitest';
import { drawTrayIcon } from './tray-icon.ts';

/** Red, green, blue, alpha of a point, of 0..1 each way. */
function at(pixels: Buffer, side: number, x: number, y: number): number[] {
  const start = (Math.floor(y * side) * side + Math.floor(x * side)) * 4;
  const [blue = 0, green = 0, red = 0, alpha = 0] = pixels.subarray(start, start + 4);
  return [red, green, blue, alpha];
}

it('draws bars on nothing, and a red dot for missed calls', () => {
  const side = 32;
  const plain = drawTrayIcon({ side, missed: false, template: false });
  expect(plain).toHaveLength(side * side * 4);
  expect(at(plain, side, 0.01, 0.01)).toEqual([0, 0, 0, 0]);
  expect(at(plain, side, 0.5, 0.5)).toEqual([74, 138, 244, 255]);
  const missed = drawTrayIcon({ side, missed: true, template: false });
  expect(at(missed, side, 0.77, 0.23)).toEqual([224, 62, 62, 255]);
  expect(at(missed, side, 0.5, 0.5)).toEqual([74, 138, 244, 255]);
});

it('is black alone where the system colours it', () => {
  const pixels = drawTrayIcon({ side: 18, missed: true, template: true });
  for (let index = 0; index < pixels.length; index += 4) {
    expect([...pixels.subarray(index, index + 3)]).toEqual([0, 0, 0]);
  }
});

it('never has more colour than its alpha allows', () => {
  const pixels = drawTrayIcon({ side: 22, missed: true, template: false });
  for (let index = 0; index < pixels.length; index += 4) {
    const [blue = 0, green = 0, red = 0, alpha = 0] = pixels.subarray(index, index + 4);
    expect(Math.max(blue, green, red)).toBeLessThanOrEqual(alpha);
  }
});
