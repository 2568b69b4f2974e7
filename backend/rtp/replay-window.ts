/** Indices kept below the highest; RFC 3711 section 3.3.2 wants 64 or more. */
const KEPT = 256;

/** Tells packets that came before, or so long ago that nobody can know, by their indices (RFC 3711 section 3.3.2). */
export class ReplayWindow {
  readonly #seen = new Float64Array(KEPT).fill(-1);
  #highest = -1;

  isNew(index: number): boolean {
    return index > this.#highest - KEPT && this.#seen[index % KEPT] !== index;
  }

  /** Only of an authentic packet: a forged one must not shut out the true one. */
  mark(index: number): void {
    this.#seen[index % KEPT] = index;
    this.#highest = Math.max(this.#highest, index);
  }
}
