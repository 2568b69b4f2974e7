import { describe, expect, it } from 'vitest';
import { Mixer, softLimit } from './mixer.ts';

const RATE = 48_000;

function level(value: number): Int16Array {
  return new Int16Array(160).fill(value);
}

/** Plays a second of frames of each stream; the output's last value. */
function play(
  mixer: Mixer,
  streams: readonly { call: string; side: 'caller' | 'bot'; value: number }[],
): number {
  const out = new Float32Array(960);
  for (let frame = 0; frame < 50; frame += 1) {
    for (const { call, side, value } of streams) mixer.write({ call, side, pcm: level(value) });
    mixer.read(out);
  }
  return out[out.length - 1] ?? 0;
}

describe('Mixer', () => {
  it('adds up both sides and all calls', () => {
    const heard = play(new Mixer(RATE), [
      { call: 'one', side: 'caller', value: 3277 },
      { call: 'one', side: 'bot', value: 3277 },
      { call: 'two', side: 'caller', value: 6554 },
    ]);
    expect(heard).toBeCloseTo(0.4, 2);
  });

  it('keeps loud calls within full scale', () => {
    const heard = play(new Mixer(RATE), [
      { call: 'one', side: 'caller', value: 32_000 },
      { call: 'two', side: 'caller', value: 32_000 },
    ]);
    expect(heard).toBeGreaterThan(0.9);
    expect(heard).toBeLessThanOrEqual(1);
  });

  it('is silent without streams, and after one that ended', () => {
    const mixer = new Mixer(RATE);
    const out = new Float32Array(960).fill(1);
    mixer.read(out);
    expect(out.every((sample) => sample === 0)).toBe(true);
    play(mixer, [{ call: 'one', side: 'caller', value: 10_000 }]);
    for (let frame = 0; frame < 400; frame += 1) mixer.read(out);
    expect(out.every((sample) => sample === 0)).toBe(true);
  });
});

describe('softLimit', () => {
  it('leaves ordinary levels alone, never exceeds full scale and never turns back', () => {
    expect(softLimit(0.5)).toBe(0.5);
    expect(softLimit(-0.7)).toBe(-0.7);
    let before = -Infinity;
    for (let sample = -4; sample <= 4; sample += 0.01) {
      const limited = softLimit(sample);
      expect(Math.abs(limited)).toBeLessThanOrEqual(1);
      expect(limited).toBeGreaterThanOrEqual(before);
      expect(softLimit(-sample)).toBeCloseTo(-limited);
      before = limited;
    }
  });
});
