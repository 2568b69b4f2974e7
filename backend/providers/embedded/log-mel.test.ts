import { describe, expect, it } from 'vitest';
import { RealFft } from './fft.ts';
import { LogMel, MEL_BANDS } from './log-mel.ts';

describe('RealFft', () => {
  it('gives the power spectrum that the definition gives', () => {
    const frame = Float64Array.from(
      { length: 400 },
      (_, i) => Math.sin(i * i * 0.013) + 0.3 * Math.cos(i * 0.7),
    );
    const fft = new RealFft(400);
    const power = new Float64Array(fft.bins);
    fft.power(frame, power);
    for (let k = 0; k < fft.bins; k++) {
      let re = 0;
      let im = 0;
      for (const [i, sample] of frame.entries()) {
        re += sample * Math.cos((2 * Math.PI * i * k) / 400);
        im -= sample * Math.sin((2 * Math.PI * i * k) / 400);
      }
      expect(power[k]).toBeCloseTo(re * re + im * im, 8);
    }
  });

  it('refuses a length it has no butterflies for', () => {
    expect(() => new RealFft(14)).toThrow(RangeError);
  });
});

describe('LogMel', () => {
  const sweep = Int16Array.from({ length: 48_000 }, (_, i) => Math.round(8000 * Math.sin((i * i) / 50_000)));

  it("matches another implementation's spectrogram of a sweep", () => {
    const mel = new LogMel(8);
    const out = mel.spectrogram(sweep);
    expect(out).toHaveLength(MEL_BANDS * 800);
    const at = (band: number, frame: number): number | undefined => out[band * mel.frames + frame];
    expect(at(0, 0)).toBeCloseTo(0.300791, 5);
    expect(at(0, 499)).toBeCloseTo(0.308475, 5);
    expect(at(10, 520)).toBeCloseTo(1.174519, 5);
    expect(at(40, 600)).toBeCloseTo(1.377145, 5);
    expect(at(79, 650)).toBeCloseTo(-0.209727, 5);
    expect(at(79, 799)).toBeCloseTo(0.348607, 5);
    expect(out.reduce((sum, value) => sum + value, 0) / out.length).toBeCloseTo(-0.152, 4);
  });

  it('looks at the end of longer audio only, and keeps nothing of what it saw before', () => {
    const mel = new LogMel(8);
    const long = Int16Array.from({ length: 160_000 }, (_, i) =>
      Math.round(5000 * Math.sin(i * 0.05 + i * i * 1e-6)),
    );
    const once = mel.spectrogram(long.subarray(32_000));
    mel.spectrogram(sweep);
    expect(mel.spectrogram(long)).toEqual(once);
  });
});
