import { describe, expect, it } from 'vitest';
import { seededRandom } from '../rtp/seeded-random.ts';
import { MicrophoneBuffer } from './microphone-buffer.ts';

interface Line {
  /** Of a frame that is written. */
  readonly frameMs?: number;
  /** Length of the simulation. */
  readonly ms: number;
  /** How much faster the sound card's clock runs than ours, parts per million. */
  readonly ppm?: number;
  /** Lateness of frame `index`, ms. */
  readonly lateness?: (index: number) => number;
  /** Audio of each read. */
  readonly ptimeMs?: number;
  /** Offset of the reads from the frames. */
  readonly phaseMs?: number;
  /** Of each second, how long the person says nothing. */
  readonly pauseMs?: number;
}

interface Heard {
  readonly underruns: number;
  readonly overruns: number;
  /** From the recording of a sample to the packet it left in, ms, of samples that are speech, in order. */
  readonly delays: number[];
  /** Number of the sample, counted from the first recorded, likewise. */
  readonly samples: number[];
  readonly silentReads: number;
}

/**
 * A sound card and a grid in one simulation. Each sample of speech tells by its value which millisecond it is of;
 * nothing of the buffer is looked into.
 */
function run({
  frameMs = 20,
  ms,
  ppm = 0,
  lateness = () => 0,
  ptimeMs = 20,
  phaseMs = 7,
  pauseMs = 0,
}: Line): Heard {
  const buffer = new MicrophoneBuffer();
  const cardMs = 1 - ppm / 1e6;
  const isPause = (recorded: number): boolean => recorded % 1000 < pauseMs;
  const arrivals: { at: number; pcm: Int16Array }[] = [];
  let latest = 0;
  for (let index = 0; latest < ms; index += 1) {
    const pcm = Int16Array.from({ length: frameMs * 8 }, (_, i) => {
      const recorded = index * frameMs + Math.floor(i / 8);
      return isPause(recorded) ? 0 : 2000 + (recorded % 20_000);
    });
    // A late frame holds up those behind it: messages do not overtake.
    latest = Math.max(latest, (index + 1) * frameMs * cardMs + lateness(index));
    arrivals.push({ at: latest, pcm });
  }
  const delays: number[] = [];
  const samples: number[] = [];
  let silentReads = 0;
  let next = 0;
  let wraps = 0;
  let before = 0;
  const out = new Int16Array(ptimeMs * 8);
  for (let at = phaseMs; at < ms; at += ptimeMs) {
    for (; (arrivals[next]?.at ?? Infinity) <= at; next += 1)
      buffer.write(arrivals[next]?.pcm ?? new Int16Array(0), arrivals[next]?.at ?? 0);
    if (!buffer.read(out, at)) silentReads += 1;
    for (const value of out) {
      if (value < 2000) continue;
      const recorded = value - 2000;
      if (recorded < before - 10_000) wraps += 1;
      before = recorded;
      const sample = recorded + wraps * 20_000;
      samples.push(sample);
      delays.push(at - sample * cardMs);
    }
  }
  return { underruns: buffer.underruns, overruns: buffer.overruns, delays, samples, silentReads };
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? NaN;

/** Milliseconds of speech that are missing between neighbours, or there twice. */
function breaks({ samples }: Heard): number {
  let count = 0;
  for (let i = 1; i < samples.length; i += 1) {
    const step = (samples[i] ?? 0) - (samples[i - 1] ?? 0);
    if (step !== 0 && step !== 1) count += 1;
  }
  return count;
}

describe('MicrophoneBuffer', () => {
  it('gives silence until there is enough, then every sample once and in order', () => {
    const heard = run({ ms: 5000 });
    expect(heard.silentReads).toBeGreaterThan(0);
    expect(heard.silentReads).toBeLessThanOrEqual(3);
    expect(breaks(heard)).toBe(0);
    expect(heard).toMatchObject({ underruns: 0, overruns: 0 });
  });

  it.each([0, 1, 5, 10, 19])('adds less than 60 ms with frames %i ms before the reads', (phaseMs) => {
    const heard = run({ ms: 20_000, phaseMs });
    expect(quantile(heard.delays, 0.95)).toBeLessThanOrEqual(60);
    expect(heard).toMatchObject({ underruns: 0, overruns: 0 });
  });

  it.each([
    [5, 0],
    [5, 3],
    [5, 9],
    [5, 19],
    [10, 0],
    [10, 5],
    [10, 14],
  ])('keeps no more than it must of frames of %i ms, %i ms before the reads', (frameMs, phaseMs) => {
    const heard = run({ ms: 20_000, frameMs, phaseMs, pauseMs: 300 });
    const settled = heard.delays.slice(heard.delays.length / 4);
    // 20 ms that the packet itself spans, up to a frame until that is whole, and the margin.
    expect(quantile(settled, 1)).toBeLessThanOrEqual(20 + frameMs + 6 + 2);
    expect(heard).toMatchObject({ underruns: 0, overruns: 0 });
  });

  it.each([10, 20, 30, 40, 60])('serves reads of %i ms', (ptimeMs) => {
    const heard = run({ ms: 20_000, ptimeMs });
    expect(breaks(heard)).toBe(0);
    expect(heard).toMatchObject({ underruns: 0, overruns: 0 });
    // Whole reads: 20 ms to be recorded, one read to be gathered, one more in reserve.
    expect(quantile(heard.delays, 1)).toBeLessThanOrEqual(20 + 2 * ptimeMs + 8);
  });

  it('is silent when nothing comes, and goes on close behind when it does', () => {
    // A second's worth comes at once: most of it is not said, or the call would be a second behind for good.
    const late = (index: number): number => (index >= 100 && index < 150 ? (150 - index) * 20 : 0);
    const heard = run({ ms: 10_000, lateness: late, pauseMs: 200 });
    expect(heard.underruns).toBe(1);
    expect(heard.silentReads).toBeGreaterThan(40);
    expect(heard.overruns).toBeGreaterThanOrEqual(1);
    expect(heard.delays.at(-1)).toBeLessThanOrEqual(60);
  });

  it('loses nothing of what comes late at once, and makes up for the delay in the next pauses', () => {
    const late = (index: number): number => (index >= 100 && index < 105 ? (105 - index) * 20 : 0);
    const heard = run({ ms: 8000, lateness: late, pauseMs: 200 });
    expect(heard).toMatchObject({ underruns: 1, overruns: 0 });
    const within = heard.samples.filter((sample, i) => {
      const step = sample - (heard.samples[i - 1] ?? sample);
      return step !== 0 && step !== 1 && sample % 1000 !== 200;
    });
    expect(within).toEqual([]);
    expect(quantile(heard.delays.slice(0, 8 * 3000), 1)).toBeGreaterThan(100);
    expect(quantile(heard.delays.slice(-8 * 3000), 1)).toBeLessThanOrEqual(60);
  });

  it.each([-300, -100, 100, 300])('absorbs a clock of %i ppm in pauses, and nobody hears it', (ppm) => {
    const heard = run({ ms: 300_000, ppm, pauseMs: 200, phaseMs: 11 });
    expect(heard).toMatchObject({ underruns: 0, overruns: 0 });
    expect(quantile(heard.delays, 0.95)).toBeLessThanOrEqual(60);
    // Between pauses every millisecond is there, and once: a break is where a pause was.
    const within = heard.samples.filter((sample, i) => {
      const step = sample - (heard.samples[i - 1] ?? sample);
      return step !== 0 && step !== 1 && sample % 1000 !== 200;
    });
    expect(within).toEqual([]);
  });

  it('absorbs jitter: keeps more after frames were missed, and less again when they no longer are', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = seededRandom(seed);
      const busy = run({ ms: 120_000, lateness: () => random() * 30, pauseMs: 200 });
      expect(busy.underruns, `seed ${seed}`).toBeLessThanOrEqual(5);
      expect(quantile(busy.delays, 0.95), `seed ${seed}`).toBeLessThanOrEqual(20 + 30 + 40);

      const calmed = seededRandom(seed);
      const calm = run({
        ms: 120_000,
        lateness: (index) => (index < 1000 ? calmed() * 30 : 0),
        pauseMs: 200,
      });
      expect(quantile(calm.delays.slice(-400_000), 0.95), `seed ${seed}`).toBeLessThanOrEqual(60);
    }
  });

  it('survives any order of reads and writes and never gives what it was not given', () => {
    const random = seededRandom(9);
    const buffer = new MicrophoneBuffer();
    let now = 0;
    let written = 1;
    let last = 0;
    let backwards = 0;
    for (let step = 0; step < 50_000; step += 1) {
      now += random() * 15;
      if (random() < 0.5) {
        const pcm = Int16Array.from(
          { length: 1 + Math.floor(random() * 480) },
          () => 1 + (written++ % 30_000),
        );
        buffer.write(pcm, now);
      } else {
        const out = new Int16Array([80, 160, 240, 480][Math.floor(random() * 4)] ?? 160);
        buffer.read(out, now);
        for (const value of out) {
          if (value === 0) continue;
          // Forwards only, but for the wrap of the count.
          if (value < last && last - value < 15_000) backwards += 1;
          last = value;
        }
      }
    }
    expect(backwards).toBe(0);
  });
});
