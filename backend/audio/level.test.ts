import { describe, expect, it } from 'vitest';
import { Peaks, SILENCE_DBFS, peakDbfs, rmsDbfs } from './level.ts';

describe('levels', () => {
  it('measures a full-scale sine', () => {
    const sine = Int16Array.from(
      { length: 8000 },
      (_, i) => 32767 * Math.sin((2 * Math.PI * i * 100) / 8000),
    );
    expect(rmsDbfs(sine)).toBeCloseTo(-3.01, 2);
    expect(peakDbfs(sine)).toBeCloseTo(0, 3);
  });

  it('measures the extremes', () => {
    expect(peakDbfs(Int16Array.of(0, -32768, 1))).toBe(0);
    expect(rmsDbfs(Int16Array.of(1, -1))).toBeCloseTo(-90.31, 2);
    expect(rmsDbfs(new Int16Array(10))).toBe(SILENCE_DBFS);
    expect(peakDbfs(new Int16Array(0))).toBe(SILENCE_DBFS);
    expect(rmsDbfs(new Int16Array(0))).toBe(SILENCE_DBFS);
  });
});

describe('Peaks', () => {
  it('pairs the extremes of each stretch, whatever the pushes are cut into', () => {
    const track = Int16Array.of(5, -3, 9, -100, -90, -95, 1);
    for (const cut of [1, 2, 3, 5, 7]) {
      const pairs: number[][] = [];
      const peaks = new Peaks(3, (min, max) => pairs.push([min, max]));
      for (let at = 0; at < track.length; at += cut) peaks.push(track.subarray(at, at + cut));
      expect(pairs).toEqual([
        [-3, 9],
        [-100, -90],
      ]);
      peaks.flush();
      peaks.flush();
      expect(pairs.slice(2)).toEqual([[1, 1]]);
    }
  });
});
