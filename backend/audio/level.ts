/** What digital silence measures: just below the smallest 16-bit level, and finite, so that it survives JSON. */
export const SILENCE_DBFS = -100;

const FULL_SCALE = 32768;

function dbfs(amplitude: number): number {
  return amplitude > 0 ? 20 * Math.log10(amplitude / FULL_SCALE) : SILENCE_DBFS;
}

/** Root mean square in dBFS, where a full-scale square wave is 0 and a full-scale sine -3. */
export function rmsDbfs(pcm: Int16Array): number {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return dbfs(Math.sqrt(sum / Math.max(1, pcm.length)));
}

/** Largest magnitude in dBFS. */
export function peakDbfs(pcm: Int16Array): number {
  let peak = 0;
  for (const sample of pcm) peak = Math.max(peak, Math.abs(sample));
  return dbfs(peak);
}

/** Lowest and highest sample of each `samplesPerPair` samples, for drawing: what a recorder writes as it goes. */
export class Peaks {
  readonly #samplesPerPair: number;
  readonly #onPair: (min: number, max: number) => void;
  #filled = 0;
  #min = 0;
  #max = 0;

  constructor(samplesPerPair: number, onPair: (min: number, max: number) => void) {
    this.#samplesPerPair = samplesPerPair;
    this.#onPair = onPair;
  }

  push(pcm: Int16Array): void {
    for (const sample of pcm) {
      if (this.#filled === 0 || sample < this.#min) this.#min = sample;
      if (this.#filled === 0 || sample > this.#max) this.#max = sample;
      if (++this.#filled === this.#samplesPerPair) this.flush();
    }
  }

  /** Hands out the pair that has begun, if any: at the end of the track. */
  flush(): void {
    if (this.#filled === 0) return;
    this.#filled = 0;
    this.#onPair(this.#min, this.#max);
  }
}
