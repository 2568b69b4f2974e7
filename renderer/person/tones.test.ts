import { describe, expect, it } from 'vitest';
import { RINGBACK, RING, WAITING, keyTone, samplesOf } from './tones.ts';

const RATE = 16_000;

/** Strength of one frequency in a stretch of samples (Goertzel), 1: a sine of full scale. */
function strength(samples: Float32Array, hertz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / RATE);
  let [one, two] = [0, 0];
  for (const sample of samples) [one, two] = [sample + turn * one - two, one];
  return (2 * Math.sqrt(one * one + two * two - turn * one * two)) / samples.length;
}

describe('keyTone', () => {
  // ITU-T Q.23, table 1.
  it.each([
    ['1', 697, 1209],
    ['5', 770, 1336],
    ['9', 852, 1477],
    ['*', 941, 1209],
    ['0', 941, 1336],
    ['#', 941, 1477],
    ['a', 697, 1633],
    ['D', 941, 1633],
  ])('%s is %d and %d Hz', (key, low, high) => {
    expect(keyTone(key)?.hertz).toEqual([low, high]);
  });

  it.each(['', 'E', '12', ' '])('knows no key %j', (key) => expect(keyTone(key)).toBeNull());

  it('sounds with both frequencies and none between', () => {
    const tone = keyTone('6');
    const samples = tone ? samplesOf(tone, RATE) : new Float32Array();
    expect(strength(samples, 770)).toBeGreaterThan(0.05);
    expect(strength(samples, 1477)).toBeGreaterThan(0.05);
    expect(strength(samples, 1100)).toBeLessThan(0.005);
  });
});

describe('samplesOf', () => {
  it('is one second of 425 Hz and four of silence: ringback', () => {
    const samples = samplesOf(RINGBACK, RATE);
    expect(samples).toHaveLength(5 * RATE);
    expect(strength(samples.subarray(0, RATE), 425)).toBeCloseTo(RINGBACK.volume, 2);
    expect(samples.subarray(RATE).every((sample) => sample === 0)).toBe(true);
  });

  it.each([RING, WAITING, RINGBACK])('neither clicks nor clips', (tone) => {
    const samples = samplesOf(tone, RATE);
    const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
    expect(peak).toBeLessThanOrEqual(tone.volume);
    for (const [from, to] of tone.bursts) {
      for (const edge of [Math.round(from * RATE), Math.round(to * RATE) - 1])
        expect(Math.abs(samples[edge] ?? 1)).toBeLessThan(0.01);
    }
  });

  it('is softer while one talks', () => {
    expect(WAITING.volume).toBeLessThan(RING.volume / 4);
  });
});
