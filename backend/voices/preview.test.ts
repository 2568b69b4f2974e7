import { describe, expect, it } from 'vitest';
import { rmsDbfs } from '../audio/level.ts';
import { readWav } from '../audio/wav.ts';
import { asPhoneHears, shapeOf } from './preview.ts';

const tone = (hz: number, sampleRate: number): Int16Array =>
  Int16Array.from({ length: sampleRate }, (_, i) => 16_000 * Math.sin((2 * Math.PI * hz * i) / sampleRate));

describe('shapeOf', () => {
  it('has the highest magnitude of each part', () => {
    const pcm = new Int16Array(1200);
    pcm[0] = 16_384;
    pcm[15] = -32_768;
    pcm[1199] = 8192;
    const shape = shapeOf(pcm);
    expect(shape).toHaveLength(120);
    expect([shape[0], shape[1], shape[2], shape[119]]).toEqual([0.5, 1, 0, 0.25]);
  });

  it('has as many values of anything shorter', () => {
    expect(shapeOf(Int16Array.of(-32_768)).filter((value) => value > 0)).toEqual([1]);
    expect(shapeOf(new Int16Array())).toEqual(Array.from({ length: 120 }, () => 0));
  });
});

describe('asPhoneHears', () => {
  it('keeps what a telephone carries, in the steps of mu-law, and nothing above it', () => {
    const heard = readWav(asPhoneHears(tone(1000, 24_000), 24_000));
    expect(heard.sampleRate).toBe(8000);
    expect(heard.pcm).toHaveLength(8000);
    expect(rmsDbfs(heard.pcm)).toBeCloseTo(rmsDbfs(tone(1000, 24_000)), 0);
    expect(new Set(heard.pcm).size).toBeLessThanOrEqual(255);
    // Its ends are clicks, of which the telephone carries a part.
    const above = readWav(asPhoneHears(tone(6000, 24_000), 24_000)).pcm.subarray(800, 7200);
    expect(rmsDbfs(above)).toBeLessThan(-70);
  });
});
