const SAMPLES_PER_MS = 8;
const BUCKET_MS = 500;
const BUCKETS = 8;

/**
 * When a sample was on the wire, by our clock: the least (arrival - media time) of the last 4 s. Jitter only ever
 * adds to that, so it does not show; skew of the sender's clock does and is followed (at 200 ppm within 1 ms).
 */
export class WireClock {
  /** Least offset in ms of each bucket of arrivals; a ring. */
  readonly #least = new Float64Array(BUCKETS).fill(Infinity);
  #newest = 0;
  #offset = NaN;

  /** A packet whose last sample is the one before `media` came at `arrivedAt`. */
  observe(media: number, arrivedAt: number): void {
    const bucket = Math.floor(arrivedAt / BUCKET_MS);
    if (bucket - this.#newest >= BUCKETS) {
      this.reset();
      this.#newest = bucket;
    }
    for (; this.#newest < bucket; this.#newest++) this.#least[(this.#newest + 1) % BUCKETS] = Infinity;
    const slot = this.#newest % BUCKETS;
    const offset = arrivedAt - media / SAMPLES_PER_MS;
    this.#least[slot] = Math.min(this.#least[slot] ?? Infinity, offset);
    this.#offset = Infinity;
    for (const least of this.#least) if (least < this.#offset) this.#offset = least;
  }

  /**
   * Clock ms at which a packet that ends before sample `media` came, or would have come had nothing held it up. NaN
   * until known.
   */
  at(media: number): number {
    return this.#offset + media / SAMPLES_PER_MS;
  }

  /** False until a packet has been observed. */
  get known(): boolean {
    return !Number.isNaN(this.#offset);
  }

  /** Forgets what it observed: media time begins anew. */
  reset(): void {
    this.#least.fill(Infinity);
    this.#offset = NaN;
  }
}
