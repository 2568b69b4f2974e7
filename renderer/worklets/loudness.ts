/** Quieter than this (-34 dBFS) is no sound yet; from the other (-20 dBFS) on it is one. */
const QUIET = 0.02;
const LOUD = 0.1;
const QUIET_MS = 100;

/** How loud a stream is, for a meter; and when sound begins in it, for those who measure delays. */
export class Loudness {
  readonly #quietSamples: number;
  #peak = 0;
  /** Samples in a row. */
  #quiet = 0;
  #armed = false;

  /** @param rate Hz. */
  constructor(rate: number) {
    this.#quietSamples = (QUIET_MS * rate) / 1000;
  }

  /** Takes samples of -1..1; returns whether sound begins in them, after 100 ms of quiet at least. */
  write(samples: Float32Array): boolean {
    let begins = false;
    for (let i = 0; i < samples.length; i += 1) {
      const magnitude = Math.abs(samples[i] ?? 0);
      if (magnitude > this.#peak) this.#peak = magnitude;
      if (magnitude >= LOUD) {
        begins ||= this.#armed;
        this.#armed = false;
        this.#quiet = 0;
      } else {
        this.#quiet = magnitude < QUIET ? this.#quiet + 1 : 0;
        this.#armed ||= this.#quiet >= this.#quietSamples;
      }
    }
    return begins;
  }

  /** The highest magnitude since it was last asked for. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = 0;
    return peak;
  }
}
