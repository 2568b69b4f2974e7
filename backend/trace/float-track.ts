import type { AppendFile } from './append-file.ts';

/** A sampled track: float32, little endian, one value for each `everySamples` of the call, from its start. */
export class FloatTrack {
  readonly #file: AppendFile;
  readonly #everySamples: number;
  readonly #value = new Float32Array(1);
  readonly #bytes = new Uint8Array(this.#value.buffer);
  #values = 0;

  constructor(file: AppendFile, everySamples: number) {
    this.#file = file;
    this.#everySamples = everySamples;
  }

  /**
   * The value of the stretch that begins at `sample`. Where a stretch had none the one before goes on, 0 at the
   * beginning; one that comes twice, because the track stepped back, keeps its first.
   */
  write(value: number, sample: number): void {
    const index = Math.round(sample / this.#everySamples);
    while (this.#values < index) this.#append();
    if (this.#values > index) return;
    this.#value[0] = value;
    this.#append();
  }

  #append(): void {
    this.#file.append(this.#bytes);
    this.#values += 1;
  }
}
