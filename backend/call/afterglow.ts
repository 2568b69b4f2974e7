/** A caller that keeps sending after its call was ended is not a new call until it paused this long. */
const AFTERGLOW_MS = 2000;
const MAX_REMEMBERED = 4096;

/** Sources whose call is over, with the SSRC they may still send. Outlives the listener that answered them. */
export class Afterglow {
  /** Oldest first. */
  readonly #over = new Map<string, { ssrc: number; heardAt: number }>();

  add(peer: string, ssrc: number, now: number): void {
    this.#over.delete(peer);
    this.#over.set(peer, { ssrc, heardAt: now });
    for (const oldest of this.#over.keys()) {
      if (this.#over.size <= MAX_REMEMBERED) break;
      this.#over.delete(oldest);
    }
  }

  /** Whether this packet is still of the call that is over. */
  has(peer: string, ssrc: number, now: number): boolean {
    const over = this.#over.get(peer);
    if (!over) return false;
    if (over.ssrc === ssrc && now - over.heardAt < AFTERGLOW_MS) {
      over.heardAt = now;
      return true;
    }
    this.#over.delete(peer);
    return false;
  }
}
