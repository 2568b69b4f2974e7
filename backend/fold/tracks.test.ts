import { describe, expect, it } from 'vitest';
import { readSignals, SIGNAL_TRACKS, SignalBatch, type SignalTrack } from '../contract/signals.ts';
import { TrackStore } from './tracks.ts';

const HOUR_SAMPLES = 3600 * 8000;
const out = new Int16Array(2);

/** Numbers from 0 to 1, the same every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The same by looking at every value. */
class Naive {
  readonly #values: ([number, number] | undefined)[] = [];
  readonly #step: number;
  readonly #origin: number;

  constructor(track: SignalTrack, origin: number) {
    this.#step = SIGNAL_TRACKS[track].stepSamples;
    this.#origin = origin;
  }

  set(index: number, lowest: number, highest: number): void {
    this.#values[index] = [lowest, highest];
  }

  range(from: number, to: number): [number, number] | null {
    const found = this.#values.filter((value, index): value is [number, number] => {
      const at = this.#origin + index * this.#step;
      return value !== undefined && at < to && at + this.#step > from;
    });
    if (found.length === 0) return null;
    return [Math.min(...found.map(([lowest]) => lowest)), Math.max(...found.map(([, highest]) => highest))];
  }
}

function ranged(store: TrackStore, track: SignalTrack, from: number, to: number): [number, number] | null {
  return store.range(track, from, to, out) ? [out[0] ?? 0, out[1] ?? 0] : null;
}

/** Blocks of random values at random places, out of order and over one another, into both. */
function fill(store: TrackStore, track: SignalTrack, origin: number, blocks: number, seed: number): Naive {
  const next = random(seed);
  const naive = new Naive(track, origin);
  const { stepSamples, valueBytes } = SIGNAL_TRACKS[track];
  for (let block = 0; block < blocks; block += 1) {
    const first = block === 0 ? 0 : Math.floor(next() * 12_000);
    const count = 1 + Math.floor(next() * 300);
    const values = new Uint8Array(count * valueBytes);
    for (let i = 0; i < count; i += 1) {
      if (valueBytes === 2) {
        const [a, b] = [Math.floor(next() * 256) - 128, Math.floor(next() * 256) - 128];
        values.set(new Uint8Array(Int8Array.of(Math.min(a, b), Math.max(a, b)).buffer), i * 2);
        naive.set(first + i, Math.min(a, b), Math.max(a, b));
      } else {
        values[i] = Math.floor(next() * 256);
        naive.set(first + i, values[i] ?? 0, values[i] ?? 0);
      }
    }
    store.append(track, origin + first * stepSamples, values);
  }
  return naive;
}

describe('TrackStore', () => {
  it.each([
    ['caller', 0],
    ['cancelled', 13],
    ['voice', 100],
    ['lost', 0],
  ] as const)('finds the ends of any range of %s as a look at every value does', (track, origin) => {
    const store = new TrackStore();
    const naive = fill(store, track, origin, 25, 20_261_123);
    const next = random(4);
    const length = 13_000 * SIGNAL_TRACKS[track].stepSamples;
    for (let i = 0; i < 300; i += 1) {
      const from = Math.floor(next() * length * 1.1) - length * 0.05;
      const to = from + Math.floor(next() ** 4 * length);
      expect(ranged(store, track, from, to), `${from}..${to}`).toEqual(naive.range(from, to));
    }
  });

  it('knows nothing of what was not appended, and leaves the answer as it was', () => {
    const store = new TrackStore();
    out.set([7, 9]);
    expect(store.range('caller', 0, 8000, out)).toBe(false);
    store.append('caller', 80_000, Uint8Array.of(0xf0, 0x10));
    expect(store.range('caller', 0, 80_000, out)).toBe(false);
    expect(store.range('caller', 80_020, 90_000, out)).toBe(false);
    expect(store.range('caller', 80_000, 80_000, out)).toBe(false);
    expect([...out]).toEqual([7, 9]);
    expect(ranged(store, 'caller', 80_019, 80_020)).toEqual([-16, 16]);
  });

  it('says where a track begins and ends', () => {
    const store = new TrackStore();
    expect([store.origin('voice'), store.end('voice')]).toEqual([0, 0]);
    store.append('voice', 100 + 256 * 5, Uint8Array.of(1, 2, 3));
    expect([store.origin('voice'), store.end('voice')]).toEqual([100, 100 + 256 * 8]);
    store.append('voice', 100, Uint8Array.of(4));
    expect([store.origin('voice'), store.end('voice')]).toEqual([100, 100 + 256 * 8]);
  });

  it('adds up counts', () => {
    const store = new TrackStore();
    store.append('lost', 0, Uint8Array.of(1, 0, 2));
    store.append('lost', 8000, Uint8Array.of(250));
    expect(store.sum('lost', 0, 16_000)).toBe(253);
    expect(store.sum('lost', 900, 8000)).toBe(2);
    expect(store.sum('late', 0, 16_000)).toBe(0);
  });

  it('tells a fresh store all it knows, in blocks that a batch can carry', () => {
    const store = new TrackStore();
    fill(store, 'caller', 0, 20, 1);
    fill(store, 'voice', 100, 20, 2);
    store.append('bot', 800, new Uint8Array(65_535 - 1).fill(3));
    store.append('bot', 800 + 20 * 32_767, new Uint8Array(50_000).fill(250));
    const batch = new SignalBatch();
    store.replay('call-1', batch);
    const fresh = new TrackStore();
    readSignals(batch.take() ?? new Uint8Array(0), (call, track, start, values) => {
      expect(call).toBe('call-1');
      fresh.append(track, start, values);
    });
    const next = random(3);
    for (const track of ['caller', 'voice', 'bot', 'cancelled'] as const) {
      expect(fresh.end(track)).toBe(store.end(track));
      for (let i = 0; i < 100; i += 1) {
        const from = next() * store.end(track);
        const to = from + next() ** 4 * store.end(track);
        expect(ranged(fresh, track, from, to)).toEqual(ranged(store, track, from, to));
      }
    }
  });

  it('holds an hour in 7.1 MB, were all of it cancelled as well in 10.4', () => {
    const store = new TrackStore();
    const append = (track: SignalTrack): void => {
      const { stepSamples, valueBytes } = SIGNAL_TRACKS[track];
      // As they come: 30 times a second.
      for (let start = 0; start < HOUR_SAMPLES; start += stepSamples * 13) {
        const values = Math.min(13, Math.ceil((HOUR_SAMPLES - start) / stepSamples));
        store.append(track, start, new Uint8Array(values * valueBytes).fill(1));
      }
    };
    for (const track of ['caller', 'bot', 'voice', 'jitter', 'lost', 'late'] as const) append(track);
    expect(store.bytes).toBe(7_105_758);
    append('cancelled');
    expect(store.bytes).toBe(10_401_182);
  });
});
