import { describe, expect, it } from 'vitest';
import { rmsDbfs } from '../audio/level.ts';
import { ComfortNoise } from './comfort-noise.ts';

function noise(...payload: number[]): Int16Array {
  const generator = new ComfortNoise();
  generator.describe(Uint8Array.from(payload));
  const out = new Int16Array(16_000);
  generator.addTo(out);
  return out;
}

/** Normalised autocorrelation at a lag of one sample. */
function firstCorrelation(pcm: Int16Array): number {
  let [product, energy] = [0, 0];
  for (let i = 1; i < pcm.length; i++) {
    product += (pcm[i] ?? 0) * (pcm[i - 1] ?? 0);
    energy += (pcm[i] ?? 0) ** 2;
  }
  return product / energy;
}

describe('ComfortNoise', () => {
  it.each([20, 40, 60])('is at the level -%i dBov, with and without a spectrum', (level) => {
    expect(Math.abs(rmsDbfs(noise(level)) + level)).toBeLessThan(0.5);
    expect(Math.abs(rmsDbfs(noise(level, 40, 160, 100)) + level)).toBeLessThan(0.5);
  });

  it('has the spectrum that was described: the first coefficient is the negative correlation of neighbours', () => {
    expect(Math.abs(firstCorrelation(noise(20)))).toBeLessThan(0.03);
    expect(firstCorrelation(noise(20, 127 - 64))).toBeCloseTo(0.504, 1);
    expect(firstCorrelation(noise(20, 127 + 64))).toBeCloseTo(-0.504, 1);
    expect(firstCorrelation(noise(20, 127 + 64, 150, 110))).toBeCloseTo(-0.504, 1);
  });

  it('stays finite and quiet with hostile descriptions', () => {
    for (const byte of [0, 127, 254, 255]) {
      const payload = [60, ...Array.from({ length: 300 }, () => byte)];
      expect(rmsDbfs(noise(...payload))).toBeLessThan(-30);
    }
    expect(noise().every((sample) => sample === 0)).toBe(true);
  });
});
