import { SILENCE_DBFS } from '../audio/level.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { AppendFile } from './append-file.ts';

export const LEVEL_EVERY_MS = 20;
const CELL_SAMPLES = (LEVEL_EVERY_MS * LINE_RATE) / 1000;
/** A side that is this much behind the other is not waited for: 2 s. */
const LONGEST_WAIT = 100;
/** Stretches in work at once, more than are ever waited for. */
const CELLS = 256;
const FULL_SCALE_POWER = 32768 ** 2;

/**
 * Level of both sides, dBFS (root mean square): float32 of caller and bot in turn for each 20 ms from the call's
 * start. Samples that come again are not counted again; a stretch without any is silence.
 */
export class LevelTrack {
  readonly #file: AppendFile;
  /** Sums of squares of the stretches in work, by side: a ring. */
  readonly #sums = { caller: new Float64Array(CELLS), bot: new Float64Array(CELLS) };
  readonly #ends = { caller: 0, bot: 0 };
  readonly #pair = new Float32Array(2);
  readonly #bytes = new Uint8Array(this.#pair.buffer);
  /** The first stretch in work. */
  #cell = 0;

  constructor(file: AppendFile) {
    this.#file = file;
  }

  /** `position`: of pcm[0], in samples since the call's start. */
  write(side: 'caller' | 'bot', pcm: Int16Array, position: number): void {
    const sums = this.#sums[side];
    for (let at = Math.max(0, this.#ends[side] - position); at < pcm.length;) {
      const cell = Math.floor((position + at) / CELL_SAMPLES);
      if (cell >= this.#cell + CELLS) this.#finishBefore(cell - CELLS + 1);
      const end = Math.min(pcm.length, (cell + 1) * CELL_SAMPLES - position);
      let sum = 0;
      for (; at < end; at += 1) {
        const sample = pcm[at] ?? 0;
        sum += sample * sample;
      }
      if (cell >= this.#cell) sums[cell % CELLS] = (sums[cell % CELLS] ?? 0) + sum;
    }
    this.#ends[side] = Math.max(this.#ends[side], position + pcm.length);
  }

  /** Hands on what both sides have left behind. */
  flush(): void {
    const { caller, bot } = this.#ends;
    const first = Math.floor(Math.min(caller, bot) / CELL_SAMPLES);
    this.#finishBefore(Math.max(first, Math.floor(Math.max(caller, bot) / CELL_SAMPLES) - LONGEST_WAIT));
  }

  /** Hands on all that there is. */
  end(): void {
    this.#finishBefore(Math.ceil(Math.max(this.#ends.caller, this.#ends.bot) / CELL_SAMPLES));
  }

  #finishBefore(cell: number): void {
    for (; this.#cell < cell; this.#cell += 1) {
      this.#pair[0] = take(this.#sums.caller, this.#cell % CELLS);
      this.#pair[1] = take(this.#sums.bot, this.#cell % CELLS);
      this.#file.append(this.#bytes);
    }
  }
}

function take(sums: Float64Array, index: number): number {
  const sum = sums[index] ?? 0;
  sums[index] = 0;
  return sum === 0 ? SILENCE_DBFS : 10 * Math.log10(sum / CELL_SAMPLES / FULL_SCALE_POWER);
}
