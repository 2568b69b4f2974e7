/** How loud a stream is, for a meter. */
export class Loudness {
  #peak = 0;

  /** Takes samples of -1..1. */
  write(samples: Float32Array): void {
    for (let i = 0; i < samples.length; i += 1) {
      const magnitude = Math.abs(samples[i] ?? 0);
      if (magnitude > this.#peak) this.#peak = magnitude;
    }
  }

  /** The highest magnitude since it was last asked for. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = 0;
    return peak;
  }
}
