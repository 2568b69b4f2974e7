import { expect, test } from 'vitest';
import { seededRandom } from '../../backend/rtp/seeded-random.ts';
import { chooseStep, exactTime, tickLabel } from './ruler.ts';

const CHAR_PX = 6.3;
const GAP_PX = 12;

test('labels keep their distance at any zoom, and their ticks are exact', () => {
  const random = seededRandom(21);
  for (let i = 0; i < 2000; i += 1) {
    const width = 200 + random() * 3000;
    const span = 20 * Math.pow(180_000, random());
    const from = random() * 3_600_000;
    const [step, parts] = chooseStep(span / width, from + span, CHAR_PX, GAP_PX);
    expect(Number.isInteger(step / parts)).toBe(true);
    let free = -Infinity;
    for (let ms = Math.ceil(from / step) * step; ms <= from + span; ms += step) {
      const x = ((ms - from) / span) * width;
      // The coarsest step is all there is: an hour in less than 400 pixels.
      if (step < 600_000) expect(x).toBeGreaterThanOrEqual(free);
      free = x + tickLabel(ms, step).length * CHAR_PX + GAP_PX - 1e-6;
    }
  }
});

test('neighbouring labels differ', () => {
  for (const msPerPx of [0.01, 0.05, 0.3, 2, 15, 90, 700, 3000]) {
    const [step] = chooseStep(msPerPx, 100_000, CHAR_PX, GAP_PX);
    expect(tickLabel(65_000, step)).not.toBe(tickLabel(65_000 + step, step));
  }
});

test('from a millisecond to ten minutes', () => {
  expect(chooseStep(20 / 1400, 20, CHAR_PX, GAP_PX)[0]).toBe(1);
  expect(chooseStep(3_600_000 / 600, 3_600_000, CHAR_PX, GAP_PX)[0]).toBe(600_000);
});

test('times are written with the decimals that their step needs', () => {
  expect(tickLabel(65_000, 5000)).toBe('1:05');
  expect(tickLabel(65_200, 200)).toBe('1:05.2');
  expect(tickLabel(65_240, 20)).toBe('1:05.24');
  expect(tickLabel(65_243, 1)).toBe('1:05.243');
  expect(tickLabel(3_725_000, 5000)).toBe('1:02:05');
  expect(exactTime(65_243.84)).toBe('1:05.2438');
  expect(exactTime(59_999.96)).toBe('1:00.0000');
});
