const KEPT = 256;
const UNKNOWN = -1;

/** What became of the last sequence numbers: tells a duplicate from a packet that is merely late. */
export class SequenceLog {
  /** Twice the number, plus one if it came. */
  readonly #entries = new Int32Array(KEPT).fill(UNKNOWN);

  came(sequence: number): boolean {
    return this.#entries[sequence % KEPT] === 2 * sequence + 1;
  }

  /** Given up on, and not come since. */
  lost(sequence: number): boolean {
    return this.#entries[sequence % KEPT] === 2 * sequence;
  }

  markCame(sequence: number): void {
    this.#entries[sequence % KEPT] = 2 * sequence + 1;
  }

  /** `count` numbers up to, but not including, `end`. */
  markLost(end: number, count: number): void {
    for (let back = Math.min(count, KEPT); back > 0; back--) {
      const sequence = (end - back) & 0xffff;
      this.#entries[sequence % KEPT] = 2 * sequence;
    }
  }

  clear(): void {
    this.#entries.fill(UNKNOWN);
  }
}
