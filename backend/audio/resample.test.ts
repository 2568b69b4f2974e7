import { describe, expect, it } from 'vitest';
import { Resampler, SAMPLE_RATES, resample } from './resample.ts';

const RATES = [8000, 16000, 22050, 24000, 44100, 48000];
const PAIRS = RATES.flatMap((from) => RATES.filter((to) => to !== from).map((to) => [from, to] as const));
const AMPLITUDE = 30000;

function tone(hz: number, rate: number, samples: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * i) / rate)),
  );
}

/** Half a second of a tone, resampled as a stream; without its first 50 ms, in which the filter fills. */
function streamed(hz: number, from: number, to: number): Int16Array {
  const resampler = new Resampler(from, to);
  const input = tone(hz, from, from / 2);
  const out = new Int16Array(resampler.maxOutput(input.length));
  return out.subarray(Math.round(to / 20), resampler.push(input, out));
}

/** Least-squares fit of a sine of known frequency: its amplitude, its phase, and all else as noise. */
function fit(pcm: Int16Array, hz: number, rate: number) {
  let [sine, cosine, ss, cc, sc] = [0, 0, 0, 0, 0];
  const basis = (i: number) => [
    Math.sin((2 * Math.PI * hz * i) / rate),
    Math.cos((2 * Math.PI * hz * i) / rate),
  ];
  for (const [i, sample] of pcm.entries()) {
    const [s = 0, c = 0] = basis(i);
    sine += sample * s;
    cosine += sample * c;
    ss += s * s;
    cc += c * c;
    sc += s * c;
  }
  const determinant = ss * cc - sc * sc;
  const a = (sine * cc - cosine * sc) / determinant;
  const b = (cosine * ss - sine * sc) / determinant;
  let noise = 0;
  for (const [i, sample] of pcm.entries()) {
    const [s = 0, c = 0] = basis(i);
    noise += (sample - a * s - b * c) ** 2;
  }
  noise /= pcm.length;
  const amplitude = Math.hypot(a, b);
  return { amplitude, phase: Math.atan2(b, a), snrDb: decibels((amplitude * amplitude) / 2 / noise), noise };
}

const decibels = (powerRatio: number) => 10 * Math.log10(powerRatio);

describe.each(PAIRS)('%i to %i Hz', (from, to) => {
  const nyquist = Math.min(from, to) / 2;

  it('passes 1 kHz at 90 dB or more above its noise', () => {
    const { amplitude, snrDb } = fit(streamed(1000, from, to), 1000, to);
    expect(snrDb).toBeGreaterThanOrEqual(90);
    expect(20 * Math.log10(amplitude / AMPLITUDE)).toBeCloseTo(0, 1);
  });

  it('keeps aliases and images 80 dB down', () => {
    if (to < from) {
      for (const hz of [1.001, 1.03, 1.1, 1.25].map((part) => nyquist * part).filter((hz) => hz < from / 2)) {
        const power = streamed(hz, from, to).reduce((sum, sample) => sum + sample * sample, 0) / (to * 0.45);
        expect(decibels(power / (AMPLITUDE ** 2 / 2))).toBeLessThanOrEqual(-80);
      }
    } else {
      for (const hz of [0.7, 0.9, 0.999].map((part) => nyquist * part)) {
        expect(
          decibels(fit(streamed(hz, from, to), hz, to).noise / (AMPLITUDE ** 2 / 2)),
        ).toBeLessThanOrEqual(-80);
      }
    }
  });

  it('is flat to 0.8 of Nyquist', () => {
    for (const hz of [300, nyquist * 0.8]) {
      expect(20 * Math.log10(fit(streamed(hz, from, to), hz, to).amplitude / AMPLITUDE)).toBeCloseTo(0, 1);
    }
  });

  it('lags by the delay it states, 5 ms at most', () => {
    const { delayMs } = new Resampler(from, to);
    expect(delayMs).toBeLessThanOrEqual(5);
    const hz = 50;
    const skipped = Math.round(to / 20) / to;
    const expected = 2 * Math.PI * hz * (skipped - delayMs / 1000);
    const off = fit(streamed(hz, from, to), hz, to).phase - expected;
    const wrapped = Math.atan2(Math.sin(off), Math.cos(off));
    expect((Math.abs(wrapped) / (2 * Math.PI * hz)) * 1e6).toBeLessThan(1);
  });

  it('has given ceil(n * to / from) samples after n, however they were cut', () => {
    const resampler = new Resampler(from, to);
    const input = new Int16Array(4000);
    const out = new Int16Array(resampler.maxOutput(input.length));
    let taken = 0;
    let given = 0;
    for (let cut = 1; cut < 4000; cut = (cut * 7 + 3) % 4001) {
      const written = resampler.push(input.subarray(0, cut), out);
      expect(written).toBeLessThanOrEqual(resampler.maxOutput(cut));
      taken += cut;
      given += written;
      expect(given).toBe(Math.ceil((taken * to) / from));
      if (taken > 2e5) break;
    }
    expect(taken).toBeGreaterThan(2e4);
  });

  it('gives equal frames of 20 ms', () => {
    const resampler = new Resampler(from, to);
    const frame = new Int16Array(from / 50);
    const out = new Int16Array(resampler.maxOutput(frame.length));
    const counts = new Set(Array.from({ length: 500 }, () => resampler.push(frame, out)));
    expect([...counts]).toEqual([to / 50]);
  });

  it('converts a whole signal in time and to the rounded length', () => {
    const whole = resample(tone(440, from, 3001), from, to);
    expect(whole.length).toBe(Math.round((3001 * to) / from));
    const expected = tone(440, to, whole.length);
    const margin = Math.round(to / 100);
    let worst = 0;
    for (let i = margin; i < whole.length - margin; i++) {
      worst = Math.max(worst, Math.abs((whole[i] ?? 0) - (expected[i] ?? 0)));
    }
    expect(worst).toBeLessThanOrEqual(4);
  });
});

describe('Resampler', () => {
  it('loses and gains no sample in an hour', () => {
    // 441 samples become 160 and all is as it was before, bit for bit: an hour is 50 * 3600 such rounds.
    const resampler = new Resampler(22050, 8000);
    const round = tone(22050 / 441, 22050, 441);
    const out = new Int16Array(resampler.maxOutput(round.length));
    resampler.push(round, out);
    resampler.push(round, out);
    const first = out.slice();
    for (let i = 0; i < 1000; i++) {
      expect(resampler.push(round, out)).toBe(160);
      expect(out).toEqual(first);
    }
  });

  it('saturates instead of wrapping', () => {
    // Full-scale noise of one bit overshoots in any filter.
    let seed = 1;
    const square = Int16Array.from({ length: 8000 }, () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return seed & 0x10000 ? 32767 : -32768;
    });
    const loud = resample(square, 8000, 16000);
    const half = resample(
      square.map((sample) => Math.round(sample / 2)),
      8000,
      16000,
    );
    expect(half.some((sample) => Math.abs(sample) > 16500)).toBe(true);
    for (const [i, sample] of half.entries()) {
      const expected = Math.max(-32768, Math.min(32767, 2 * sample));
      expect(Math.abs((loud[i] ?? 0) - expected)).toBeLessThanOrEqual(3);
    }
  });

  it('gives the same stream whatever the pushes are cut into', () => {
    const input = tone(700, 24000, 5000);
    const pieces = (cut: number) => {
      const resampler = new Resampler(24000, 8000);
      const out = new Int16Array(resampler.maxOutput(input.length) + 1);
      let written = 0;
      for (let at = 0; at < input.length; at += cut) {
        written += resampler.push(input.subarray(at, at + cut), out.subarray(written));
      }
      return out.slice(0, written);
    };
    expect(pieces(1)).toEqual(pieces(5000));
    expect(pieces(480)).toEqual(pieces(1777));
  });

  it('lets the tail out when flushed and begins anew', () => {
    const resampler = new Resampler(24000, 8000);
    const input = tone(700, 24000, 2400);
    const out = new Int16Array(resampler.maxOutput(input.length));
    const tail = new Int16Array(resampler.maxFlush);
    expect(resampler.push(input, out)).toBe(800);
    expect(resampler.flush(tail)).toBe(Math.ceil(resampler.delayMs * 8));
    expect(tail.some((sample) => Math.abs(sample) > 1000)).toBe(true);
    const again = new Int16Array(out.length);
    resampler.push(input, again);
    expect(again).toEqual(out);
  });

  it('copies where the rates are equal', () => {
    const input = tone(700, 8000, 3000);
    expect(resample(input, 8000, 8000)).toEqual(input);
    expect(new Resampler(8000, 8000).delayMs).toBe(0);
  });

  it('works for an empty signal', () => {
    expect(resample(new Int16Array(0), 24000, 8000).length).toBe(0);
  });

  it('names the rates it knows when asked for another', () => {
    expect(() => new Resampler(11000, 8000)).toThrow('cannot resample audio at 11000 Hz');
    expect(SAMPLE_RATES).toContain(11025);
  });
});
