import { describe, expect, it } from 'vitest';
import { Gain } from './gain.ts';

const loud = (): Int16Array => new Int16Array(160).fill(10_000);

describe('Gain', () => {
  it('leaves samples alone until it is ducked', () => {
    const frame = loud();
    new Gain().apply(frame);
    expect(frame).toEqual(loud());
  });

  it('ramps down within a frame, stays at -12 dB, and ramps up again, without a step', () => {
    const gain = new Gain();
    const frames = [loud(), loud(), loud(), loud()];
    gain.duck();
    for (const [i, frame] of frames.entries()) {
      if (i === 2) gain.restore();
      gain.apply(frame);
    }
    const samples = frames.flatMap((frame) => [...frame]);
    const steps = samples.slice(1).map((sample, i) => Math.abs(sample - (samples[i] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(100);
    expect(new Set(frames[1])).toEqual(new Set([2500]));
    expect(new Set(frames[3])).toEqual(new Set([10_000]));
  });

  it('something new starts at full level', () => {
    const gain = new Gain();
    gain.duck();
    gain.apply(loud());
    gain.reset();
    const frame = loud();
    gain.apply(frame);
    expect(frame).toEqual(loud());
  });
});
