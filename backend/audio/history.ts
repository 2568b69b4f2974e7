/** What is kept of a stretch that was asked for. */
export interface Excerpt {
  readonly pcm: Int16Array;
  /** Position of pcm[0]. */
  readonly from: number;
  /** Samples at its beginning that were asked for and are no longer kept, or never came. */
  readonly missing: number;
}

/** The last stretch of a track, by absolute positions: a ring that never grows. */
export class History {
  readonly #ring: Int16Array;
  #start = 0;
  #end = 0;

  constructor(samples: number) {
    this.#ring = new Int16Array(samples);
  }

  /** Position of the oldest sample that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Position after the newest. */
  get end(): number {
    return this.#end;
  }

  /**
   * Appends `pcm`, whose first sample stands at `position`. A hole before it is kept as silence; samples that were
   * written before are not written again.
   */
  write(pcm: Int16Array, position: number): void {
    const length = this.#ring.length;
    if (position > this.#end) this.#skipTo(position);
    for (let i = this.#end - position; i < pcm.length; i++) this.#ring[(position + i) % length] = pcm[i] ?? 0;
    this.#end = Math.max(this.#end, position + pcm.length);
    this.#start = Math.max(this.#start, this.#end - length);
  }

  /** A copy of [from, to), as far as it is kept. */
  slice(from: number, to: number): Excerpt {
    const first = Math.max(from, this.#start);
    const last = Math.max(first, Math.min(to, this.#end));
    const pcm = new Int16Array(last - first);
    const split = first % this.#ring.length;
    const head = this.#ring.subarray(split, Math.min(split + pcm.length, this.#ring.length));
    pcm.set(head);
    pcm.set(this.#ring.subarray(0, pcm.length - head.length), head.length);
    return { pcm, from: first, missing: Math.min(first, Math.max(from, to)) - from };
  }

  #skipTo(position: number): void {
    if (this.#start === this.#end) {
      this.#start = position;
    } else {
      const length = this.#ring.length;
      for (let at = Math.max(this.#end, position - length); at < position; at++) this.#ring[at % length] = 0;
    }
    this.#end = position;
  }
}
