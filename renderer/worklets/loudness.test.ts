import { expect, it } from 'vitest';
import { Loudness } from './loudness.ts';

it('tells the highest magnitude since it was last asked', () => {
  const loudness = new Loudness();
  loudness.write(Float32Array.of(0.25, -0.5, 0.125));
  loudness.write(Float32Array.of(0.1));
  expect(loudness.takePeak()).toBe(0.5);
  expect(loudness.takePeak()).toBe(0);
});
