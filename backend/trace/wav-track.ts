import path from 'node:path';
import { wavHeader } from '../audio/wav.ts';
import { LINE_RATE } from '../contract/party.ts';
import { AppendFile } from './append-file.ts';

/** At most this much silence is written for one hole: a hostile position must not fill the disk. */
const MAX_HOLE_SAMPLES = LINE_RATE * 600;
const SILENCE = new Uint8Array(2 * 1024);

/** One side of a call as 16-bit 8 kHz WAV; a sample stands where its position says, holes are silence. */
export class WavTrack {
  readonly #file: AppendFile;
  #samples = 0;

  constructor(directory: string, name: string, onFailure: (error: unknown) => void) {
    this.#file = new AppendFile(path.join(directory, name), onFailure);
    this.#file.append(wavHeader({ sampleRate: LINE_RATE, samples: null }));
  }

  write(pcm: Int16Array, position: number): void {
    this.#pad(position);
    const skip = Math.max(0, this.#samples - position);
    if (skip >= pcm.length) return;
    const fresh = pcm.subarray(skip);
    this.#file.append(new Uint8Array(fresh.buffer, fresh.byteOffset, fresh.byteLength));
    this.#samples += fresh.length;
  }

  flush(): Promise<void> {
    return this.#file.flush();
  }

  close(): Promise<void> {
    return this.#file.close(wavHeader({ sampleRate: LINE_RATE, samples: this.#samples }));
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
