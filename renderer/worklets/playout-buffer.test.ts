import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../backend/rtp/seeded-random.ts';
import { PlayoutBuffer } from './playout-buffer.ts';

/** The tests run in Node, whose globals do not exist in a worklet. */
declare const process: { memoryUsage(): { heapUsed: number } };

const RATE = 48_000;
const FRAME_MS = 20;
const QUANTUM = 128;

interface Line {
  /** Length of the simulation; at most 32 000. */
  readonly ms: number;
  /** How much faster the sound card's clock runs than the frames', parts per million. */
  readonly ppm?: number;
  /** Lateness of frame `index`, ms. Messages do not overtake: a late one holds up those behind it. */
  readonly lateness?: (index: number) => number;
}

/** The card's output with its times, and what was heard in it, by the times of the samples. */
interface Heard {
  readonly underruns: number;
  readonly heard: readonly { readonly at: number; readonly delay: number }[];
}

/**
 * Frames and a sound card in one simulation. Each sample tells by its value which millisecond it is of, so the delay
 * is read off the output; nothing of the buffer is looked into.
 */
function run({ ms, ppm = 0, lateness = () => 0 }: Line): Heard {
  const buffer = new PlayoutBuffer(RATE);
  const heard: { at: number; delay: number }[] = [];
  const quantumMs = ((QUANTUM * 1000) / RATE) * (1 - ppm / 1e6);
  const out = new Float32Array(QUANTUM);
  let index = 0;
  let arrival = FRAME_MS + lateness(0);
  for (let at = 1; at < ms; at += quantumMs) {
    while (arrival <= at) {
      const start = index * FRAME_MS;
      buffer.write(Int16Array.from({ length: 160 }, (_, i) => start + i / 8));
      index += 1;
      arrival = Math.max(arrival, (index + 1) * FRAME_MS + lateness(index));
    }
    buffer.mixInto(out.fill(0));
    const value = (out[0] ?? 0) * 32_768;
    // The first 100 ms cannot be told from silence fading in.
    if (value > 100) heard.push({ at, delay: at - value });
  }
  return { underruns: buffer.underruns, heard };
}

function delays({ heard }: Heard, from: number, to: number): number[] {
  return heard.filter(({ at }) => at >= from && at < to).map(({ delay }) => delay);
}

describe('PlayoutBuffer', () => {
  it('plays an even stream with the delay of two frames and of the conversion', () => {
    const result = run({ ms: 10_000 });
    expect(result.underruns).toBe(0);
    const all = delays(result, 200, 10_000);
    expect(Math.max(...all)).toBeLessThan(40 + 5 + 3);
    expect(Math.min(...all)).toBeGreaterThan(30);
  });

  it('absorbs small jitter without a gap', () => {
    const random = seededRandom(1);
    const result = run({ ms: 30_000, lateness: () => random() * 15 });
    expect(result.underruns).toBe(0);
    expect(Math.max(...delays(result, 200, 30_000))).toBeLessThan(70);
  });

  it('grows with large jitter until nothing is missed, and shrinks once it is over', () => {
    const random = seededRandom(2);
    const wild = (index: number): boolean => index < 500;
    const result = run({
      ms: 32_000,
      lateness: (index) => (wild(index) && random() < 0.1 ? 60 + random() * 30 : 0),
    });
    expect(result.underruns).toBeGreaterThan(0);
    expect(result.underruns).toBeLessThanOrEqual(5);
    const during = delays(result, 8000, 10_000);
    const after = delays(result, 30_000, 32_000);
    expect(Math.max(...during)).toBeGreaterThan(90);
    expect(Math.max(...after)).toBeLessThan(Math.max(...during) - 15);
  });

  it.each([2000, -2000])('absorbs clocks that differ by %i ppm', (ppm) => {
    const result = run({ ms: 32_000, ppm });
    expect(result.underruns).toBe(0);
    const late = delays(result, 20_000, 32_000);
    expect(Math.max(...late)).toBeLessThan(70);
    expect(Math.min(...late)).toBeGreaterThan(25);
  });

  it('drops what became too old when a stall ends in a burst, and loses the rest of the delay slowly', () => {
    const stalled = (index: number): number => (index === 100 ? 600 : 0);
    const result = run({ ms: 30_000, lateness: stalled });
    expect(result.underruns).toBe(1);
    expect(Math.max(...delays(result, 2800, 4000))).toBeLessThan(200);
    expect(Math.max(...delays(result, 25_000, 30_000))).toBeLessThan(75);
  });

  it('loses the delay of a stall in the next pause', () => {
    const buffer = new PlayoutBuffer(RATE);
    const out = new Float32Array(960);
    const loud = tone(400, 0);
    const quiet = new Int16Array(160);
    const play = (pcm: Int16Array): boolean => {
      buffer.write(pcm);
      buffer.mixInto(out.fill(0));
      return out.some((sample) => Math.abs(sample) > 0.1);
    };
    for (let frame = 0; frame < 20; frame += 1) play(loud);
    // 140 ms of nothing, then all of it at once.
    for (let frame = 0; frame < 7; frame += 1) buffer.mixInto(out.fill(0));
    for (let frame = 0; frame < 7; frame += 1) buffer.write(loud);
    for (let frame = 0; frame < 100; frame += 1) play(loud);

    let before = 0;
    while (play(quiet)) before += 1;
    for (let frame = 0; frame < 50; frame += 1) play(quiet);
    let after = 0;
    while (!play(loud)) after += 1;
    expect(before).toBeGreaterThanOrEqual(5);
    expect(after).toBeLessThanOrEqual(4);
  });

  it('fades where audio breaks off and begins', () => {
    const buffer = new PlayoutBuffer(RATE);
    const hertz = 200;
    const out = new Float32Array(QUANTUM);
    let before = 0;
    let steepest = 0;
    for (let quantum = 0; quantum < 2000; quantum += 1) {
      // Every 20 ms a frame, but none in each third second: broken off at any phase of the tone.
      const frame = Math.floor((quantum * QUANTUM) / 960);
      const isNew = Math.floor(((quantum - 1) * QUANTUM) / 960) !== frame;
      if (isNew && frame % 150 < 100) buffer.write(tone(hertz, frame * 160));
      buffer.mixInto(out.fill(0));
      for (const sample of out) {
        steepest = Math.max(steepest, Math.abs(sample - before));
        before = sample;
      }
    }
    expect(buffer.underruns).toBeGreaterThan(1);
    const slope = (0.5 * 2 * Math.PI * hertz) / RATE;
    expect(steepest).toBeLessThan(2 * slope);
  });

  it('plays a tone as it was', () => {
    const buffer = new PlayoutBuffer(RATE);
    const played = new Float32Array(RATE);
    for (let frame = 0; frame < 50; frame += 1) {
      buffer.write(tone(1000, frame * 160));
      buffer.mixInto(played.subarray(frame * 960, (frame + 1) * 960));
    }
    // The clocks agree, so it must come out at 1000 Hz sharp: what a sine and a cosine leave over is noise.
    expect(signalToNoise(played.subarray(RATE / 4), 1000)).toBeGreaterThan(45);
  });

  it('reports since when nothing has come', () => {
    const buffer = new PlayoutBuffer(RATE);
    buffer.write(new Int16Array(160));
    buffer.mixInto(new Float32Array(4800));
    expect(buffer.idleMs).toBeCloseTo(100);
    buffer.write(new Int16Array(160));
    expect(buffer.idleMs).toBe(0);
  });

  it('allocates nothing while it plays', () => {
    const buffer = new PlayoutBuffer(RATE);
    const out = new Float32Array(QUANTUM);
    const pcm = new Int16Array(160);
    const play = (quanta: number): void => {
      for (let quantum = 0; quantum < quanta; quantum += 1) {
        if ((quantum * QUANTUM) % 960 < QUANTUM) buffer.write(pcm);
        buffer.mixInto(out);
      }
    };
    play(20_000);
    const before = process.memoryUsage().heapUsed;
    play(20_000);
    // One number a quantum would be 320 kB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000);
  });
});

function tone(hertz: number, start: number): Int16Array {
  return Int16Array.from({ length: 160 }, (_, i) =>
    Math.round(16_384 * Math.sin((2 * Math.PI * hertz * (start + i)) / 8000)),
  );
}

/** dB of a tone over all else, by least squares. */
function signalToNoise(samples: Float32Array, hertz: number): number {
  let sine = 0;
  let cosine = 0;
  let energy = 0;
  for (const [i, sample] of samples.entries()) {
    const phase = (2 * Math.PI * hertz * i) / RATE;
    sine += sample * Math.sin(phase);
    cosine += sample * Math.cos(phase);
    energy += sample * sample;
  }
  const signal = (2 * (sine ** 2 + cosine ** 2)) / samples.length;
  return 10 * Math.log10(signal / (energy - signal));
}
