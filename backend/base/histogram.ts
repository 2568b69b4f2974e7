const SMALLEST_MS = 0.01;
const BINS_PER_OCTAVE = 16;
const OCTAVES = 24;

/**
 * Percentiles of durations from 0.01 ms to 2.8 minutes in fixed memory (1.5 kB): logarithmic bins, each 4.4 % wide.
 * A percentile is its bin's upper edge, so it never flatters; beyond the last bin only max is right.
 */
export class Histogram {
  readonly #bins = new Uint32Array(BINS_PER_OCTAVE * OCTAVES);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** Longest duration added, exact; 0 when there is none. */
  get max(): number {
    return this.#max;
  }

  /** `ms`: not negative. */
  add(ms: number): void {
    const bin = ms <= SMALLEST_MS ? 0 : Math.floor(Math.log2(ms / SMALLEST_MS) * BINS_PER_OCTAVE);
    const index = Math.min(bin, this.#bins.length - 1);
    this.#bins[index] = (this.#bins[index] ?? 0) + 1;
    this.#count++;
    if (ms > this.#max) this.#max = ms;
  }

  /** The duration that `percent` (0..100) of those added do not exceed; 0 when there is none. */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil((this.#count * percent) / 100));
    let seen = 0;
    for (const [bin, count] of this.#bins.entries()) {
      seen += count;
      if (seen >= rank) return Math.min(this.#max, SMALLEST_MS * 2 ** ((bin + 1) / BINS_PER_OCTAVE));
    }
    return this.#max;
  }

  clear(): void {
    this.#bins.fill(0);
    this.#count = 0;
    this.#max = 0;
  }
}
