import { SIGNAL_TRACKS, type SignalBatch, type SignalTrack } from '../contract/signals.ts';

/** Values that a level sums up in one of the next. */
const FANOUT = 8;
/** Values of a page at each level, finest first: 8^4 of them down to one for the whole page. */
const LEVELS = [4096, 512, 64, 8, 1];
const PAGE_VALUES = 4096;
/** Where each level begins in a page, in bytes: each entry is a lowest and a highest value. */
const LEVEL_AT = LEVELS.map((_, level) => 2 * LEVELS.slice(0, level).reduce((sum, count) => sum + count, 0));
const PAGE_BYTES = 2 * LEVELS.reduce((sum, count) => sum + count, 0);
const MAX_BLOCK_BYTES = 0xffff;

/** Lowest and highest value as bytes in their order; a lowest above the highest means that nothing is known. */
const NOTHING_LOWEST = 0xff;
const NOTHING_HIGHEST = 0;

const EMPTY_PAGE = new Uint8Array(PAGE_BYTES).map((_, at) =>
  at % 2 === 0 ? NOTHING_LOWEST : NOTHING_HIGHEST,
);

/**
 * The dense signals of one call (contract/signals.ts), to be drawn at any zoom: what is asked of an hour costs about
 * as much as what is asked of a second. Positions are samples since the call's start. What was never appended is
 * unknown; pages that nothing was appended to take no memory.
 */
export class TrackStore {
  readonly #tracks = new Map<SignalTrack, Track>();

  /** Values from sample `start` on, as contract/signals.ts has them; they take the place of what stood there. */
  append(track: SignalTrack, start: number, values: Uint8Array): void {
    let kept = this.#tracks.get(track);
    if (kept === undefined) {
      kept = new Track(track, start);
      this.#tracks.set(track, kept);
    }
    kept.append(start, values);
  }

  /** The sample after the last value; 0 when there is none. */
  end(track: SignalTrack): number {
    return this.#tracks.get(track)?.end ?? 0;
  }

  /** Sample at which values may begin: each begins at this plus a multiple of the track's `stepSamples`. */
  origin(track: SignalTrack): number {
    return this.#tracks.get(track)?.origin ?? 0;
  }

  /**
   * Lowest and highest of the values that lie in [from, to), wholly or in part, into out[0] and out[1]: -128..127 for
   * peaks, 0..255 for the rest. False, and `out` as it was, when nothing is known there. Allocates nothing.
   */
  range(track: SignalTrack, from: number, to: number, out: Int16Array): boolean {
    return this.#tracks.get(track)?.range(from, to, out) ?? false;
  }

  /** Sum of the values of a track of counts (lost, late) that lie in [from, to), wholly or in part. */
  sum(track: 'lost' | 'late', from: number, to: number): number {
    return this.#tracks.get(track)?.sum(from, to) ?? 0;
  }

  /** Memory held. */
  get bytes(): number {
    let bytes = 0;
    for (const track of this.#tracks.values()) bytes += track.bytes;
    return bytes;
  }

  /** Appends all that is known to a batch, for a window that has just opened. */
  replay(call: string, into: SignalBatch): void {
    for (const [name, track] of this.#tracks) {
      track.eachBlock((start, values) => into.append(call, name, start, values));
    }
  }
}

/** One track in pages, each with its own levels of lowest and highest values. */
class Track {
  readonly origin: number;
  readonly #step: number;
  readonly #valueBytes: 1 | 2;
  /** What makes a value a byte in its order: peaks are signed. */
  readonly #bias: 0 | 128;
  readonly #pages: (Uint8Array | null)[] = [];
  #count = 0;

  constructor(name: SignalTrack, start: number) {
    const { stepSamples, valueBytes } = SIGNAL_TRACKS[name];
    this.#step = stepSamples;
    this.#valueBytes = valueBytes;
    this.#bias = valueBytes === 2 ? 128 : 0;
    this.origin = start % stepSamples;
  }

  get end(): number {
    return this.#count === 0 ? 0 : this.origin + this.#count * this.#step;
  }

  get bytes(): number {
    return this.#pages.reduce((bytes, page) => bytes + (page === null ? 0 : PAGE_BYTES), 0);
  }

  append(start: number, values: Uint8Array): void {
    const count = Math.floor(values.length / this.#valueBytes);
    const first = Math.max(0, Math.round((start - this.origin) / this.#step));
    for (let done = 0; done < count;) {
      const at = (first + done) % PAGE_VALUES;
      const now = Math.min(count - done, PAGE_VALUES - at);
      this.#fill(this.#page(Math.floor((first + done) / PAGE_VALUES)), at, now, values, done);
      done += now;
    }
    if (count > 0) this.#count = Math.max(this.#count, first + count);
  }

  range(from: number, to: number, out: Int16Array): boolean {
    let lowest = NOTHING_LOWEST;
    let highest = NOTHING_HIGHEST;
    const last = this.#indexAfter(to);
    for (let index = this.#indexOf(from); index < last;) {
      const page = this.#pages[Math.floor(index / PAGE_VALUES)] ?? null;
      const at = index % PAGE_VALUES;
      if (page === null) {
        index += PAGE_VALUES - at;
        continue;
      }
      // The widest entry that begins here and reaches no further than asked.
      let level = 0;
      let width = 1;
      while (width < PAGE_VALUES && at % (width * FANOUT) === 0 && index + width * FANOUT <= last) {
        width *= FANOUT;
        level += 1;
      }
      const entry = (LEVEL_AT[level] ?? 0) + (2 * at) / width;
      lowest = Math.min(lowest, page[entry] ?? NOTHING_LOWEST);
      highest = Math.max(highest, page[entry + 1] ?? NOTHING_HIGHEST);
      index += width;
    }
    if (lowest > highest) return false;
    out[0] = lowest - this.#bias;
    out[1] = highest - this.#bias;
    return true;
  }

  sum(from: number, to: number): number {
    let sum = 0;
    const last = this.#indexAfter(to);
    // What is unknown has 0 as its highest.
    for (let index = this.#indexOf(from); index < last; index += 1) {
      sum += this.#pages[Math.floor(index / PAGE_VALUES)]?.[2 * (index % PAGE_VALUES) + 1] ?? 0;
    }
    return sum;
  }

  /** Stretches of known values, none longer than a block may be. `values` is used again. */
  eachBlock(onBlock: (start: number, values: Uint8Array) => void): void {
    const block = new Uint8Array(MAX_BLOCK_BYTES - (MAX_BLOCK_BYTES % this.#valueBytes));
    let length = 0;
    const tell = (end: number): void => {
      const start = this.origin + (end - length / this.#valueBytes) * this.#step;
      if (length > 0) onBlock(start, block.subarray(0, length));
      length = 0;
    };
    for (let index = 0; index < this.#count; index += 1) {
      const page = this.#pages[Math.floor(index / PAGE_VALUES)];
      const entry = 2 * (index % PAGE_VALUES);
      const lowest = page?.[entry] ?? NOTHING_LOWEST;
      const highest = page?.[entry + 1] ?? NOTHING_HIGHEST;
      if (lowest > highest || length === block.length) tell(index);
      if (lowest > highest) continue;
      block[length++] = lowest - this.#bias;
      if (this.#valueBytes === 2) block[length++] = highest - this.#bias;
    }
    tell(this.#count);
  }

  /** The value that `sample` lies in; 0 before the first. */
  #indexOf(sample: number): number {
    return Math.max(0, Math.floor((sample - this.origin) / this.#step));
  }

  /** One more than the last value that begins before `sample`, of those there are. */
  #indexAfter(sample: number): number {
    return Math.min(this.#count, Math.ceil((sample - this.origin) / this.#step));
  }

  #page(number: number): Uint8Array {
    while (this.#pages.length <= number) this.#pages.push(null);
    let page = this.#pages[number] ?? null;
    if (page === null) {
      page = EMPTY_PAGE.slice();
      this.#pages[number] = page;
    }
    return page;
  }

  /** `count` values of `values`, from its value `skip` on, to the page's value `at`. */
  #fill(page: Uint8Array, at: number, count: number, values: Uint8Array, skip: number): void {
    for (let i = 0; i < count; i += 1) {
      const from = (skip + i) * this.#valueBytes;
      // Modulo 256 the bias turns a signed byte into one that is in order, and back.
      page[2 * (at + i)] = (values[from] ?? 0) + this.#bias;
      page[2 * (at + i) + 1] = (values[from + this.#valueBytes - 1] ?? 0) + this.#bias;
    }
    let first = at;
    let last = at + count - 1;
    for (let level = 1; level < LEVELS.length; level += 1) {
      first = Math.floor(first / FANOUT);
      last = Math.floor(last / FANOUT);
      for (let entry = first; entry <= last; entry += 1) sumUp(page, level, entry);
    }
  }
}

/** Makes an entry of a level out of the eight below it. */
function sumUp(page: Uint8Array, level: number, entry: number): void {
  const below = (LEVEL_AT[level - 1] ?? 0) + 2 * FANOUT * entry;
  let lowest = NOTHING_LOWEST;
  let highest = NOTHING_HIGHEST;
  for (let at = below; at < below + 2 * FANOUT; at += 2) {
    lowest = Math.min(lowest, page[at] ?? NOTHING_LOWEST);
    highest = Math.max(highest, page[at + 1] ?? NOTHING_HIGHEST);
  }
  const to = (LEVEL_AT[level] ?? 0) + 2 * entry;
  page[to] = lowest;
  page[to + 1] = highest;
}
