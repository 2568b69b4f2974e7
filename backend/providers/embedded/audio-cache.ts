/** Audio by text, the longest unused thrown away first once there is more than `maxBytes` of it. */
export class AudioCache {
  readonly #maxBytes: number;
  /** Oldest use first. */
  readonly #entries = new Map<string, Int16Array>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): Int16Array | null {
    const pcm = this.#entries.get(key);
    if (!pcm) return null;
    this.#entries.delete(key);
    this.#entries.set(key, pcm);
    return pcm;
  }

  set(key: string, pcm: Int16Array): void {
    this.#drop(key);
    this.#entries.set(key, pcm);
    this.#bytes += pcm.byteLength;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const pcm = this.#entries.get(key);
    if (!pcm) return;
    this.#entries.delete(key);
    this.#bytes -= pcm.byteLength;
  }
}
