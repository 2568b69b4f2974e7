/**
 * Comfort noise as RFC 3389 describes it: a level and, optionally, the spectrum as reflection coefficients. White
 * noise through the all-pole lattice that they make. The noise is the same in each run.
 */

/** More than any encoder sends; a longer description is cut. */
const MAX_ORDER = 16;
const FULL_SCALE = 32768;

export class ComfortNoise {
  readonly #reflection = new Float64Array(MAX_ORDER);
  readonly #backward = new Float64Array(MAX_ORDER);
  #order = 0;
  #gain = 0;
  #seed = 1;

  /** Payload of a comfort noise packet: section 3. Without a single byte it changes nothing. */
  describe(payload: Uint8Array): void {
    const level = payload[0];
    if (level === undefined) return;
    this.#order = Math.min(payload.length - 1, MAX_ORDER);
    let lossOfPrediction = 1;
    for (let i = 0; i < this.#order; i++) {
      // Section 3.2: 127 is 0; 255 is not in use, and would stand for an unstable filter.
      const coefficient = ((Math.min(payload[i + 1] ?? 127, 254) - 127) * 258) / 32768;
      this.#reflection[i] = coefficient;
      lossOfPrediction *= 1 - coefficient * coefficient;
    }
    // Section 3.1: the level is in -dBov, which counts from a full-scale square wave.
    const rms = FULL_SCALE * 10 ** (-(level & 0x7f) / 20);
    // Noise that is even over -1..1 has a mean square of 1/3, and the filter amplifies by 1 / lossOfPrediction.
    this.#gain = rms * Math.sqrt(3 * lossOfPrediction);
  }

  /** Adds noise to `pcm`. */
  addTo(pcm: Int16Array): void {
    for (let i = 0; i < pcm.length; i++) {
      const sum = Math.round((pcm[i] ?? 0) + this.#next());
      pcm[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
    }
  }

  #next(): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) | 0;
    let forward = (this.#seed / 2 ** 31) * this.#gain;
    for (let stage = this.#order - 1; stage >= 0; stage--) {
      const reflection = this.#reflection[stage] ?? 0;
      const backward = this.#backward[stage] ?? 0;
      forward -= reflection * backward;
      if (stage + 1 < this.#order) this.#backward[stage + 1] = backward + reflection * forward;
    }
    this.#backward[0] = forward;
    return forward;
  }
}
