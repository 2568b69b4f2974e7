import { describe, expect, it } from 'vitest';
import { Loudness } from './loudness.ts';

const RATE = 48_000;

function samples(ms: number, value: number): Float32Array {
  return new Float32Array((ms * RATE) / 1000).fill(value);
}

describe('Loudness', () => {
  it('tells the highest magnitude since it was last asked', () => {
    const loudness = new Loudness(RATE);
    loudness.write(Float32Array.of(0.25, -0.5, 0.125));
    expect(loudness.takePeak()).toBe(0.5);
    expect(loudness.takePeak()).toBe(0);
  });

  it('says once when sound begins after quiet', () => {
    const loudness = new Loudness(RATE);
    expect(loudness.write(samples(120, 0))).toBe(false);
    expect(loudness.write(samples(3, 0.5))).toBe(true);
    expect(loudness.write(samples(3, 0.5))).toBe(false);
    expect(loudness.write(samples(50, 0))).toBe(false);
    expect(loudness.write(samples(3, 0.5))).toBe(false);
    loudness.write(samples(120, 0.001));
    expect(loudness.write(samples(3, 0.5))).toBe(true);
  });

  it('takes a slow rise for a beginning, and what is loud from the start for none', () => {
    const rising = new Loudness(RATE);
    rising.write(samples(120, 0));
    expect(rising.write(samples(30, 0.05))).toBe(false);
    expect(rising.write(samples(3, 0.5))).toBe(true);
    expect(new Loudness(RATE).write(samples(200, 0.5))).toBe(false);
  });
});
