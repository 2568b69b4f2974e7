import { wavHeader } from '../audio/wav.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { AppendFile } from './append-file.ts';

/** At most this much silence is written for one hole: a hostile position must not fill the disk. */
const MAX_HOLE_SAMPLES = LINE_RATE * 600;
const SILENCE = new Uint8Array(2 * 1024);

/** 16-bit mono WAV that grows; a sample stands where its position says, holes are silence. */
export class WavTrack {
  readonly #file: AppendFile;
  readonly #sampleRate: number;
  #samples = 0;
  /** The latest samples and their bytes: callers use the same array again and again. */
  #pcm: Int16Array = new Int16Array(0);
  #bytes: Uint8Array = new Uint8Array(0);

  /** `file`: a fresh one. */
  constructor(file: AppendFile, sampleRate: number) {
    this.#sampleRate = sampleRate;
    this.#file = file;
    this.#file.append(wavHeader({ sampleRate, samples: null }));
  }

  /** So many were written, holes included. */
  get samples(): number {
    return this.#samples;
  }

  /** What overlaps with what was written before is dropped. */
  write(pcm: Int16Array, position: number): void {
    this.#pad(position);
    const overlap = Math.max(0, this.#samples - position);
    if (overlap >= pcm.length) return;
    if (pcm !== this.#pcm) {
      this.#pcm = pcm;
      this.#bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    }
    this.#file.append(overlap === 0 ? this.#bytes : this.#bytes.subarray(2 * overlap));
    this.#samples += pcm.length - overlap;
  }

  flush(): Promise<void> {
    return this.#file.flush();
  }

  close(): Promise<void> {
    return this.#file.close(wavHeader({ sampleRate: this.#sampleRate, samples: this.#samples }));
  }

  #pad(position: number): void {
    let hole = Math.min(position - this.#samples, MAX_HOLE_SAMPLES);
    while (hole > 0) {
      const samples = Math.min(hole, SILENCE.length / 2);
      this.#file.append(SILENCE.subarray(0, samples * 2));
      this.#samples += samples;
      hole -= samples;
    }
  }
}
