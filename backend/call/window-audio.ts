import type { CallAudio } from '../contract/host.ts';
import { LINE_RATE } from '../contract/party.ts';

const FRAME_SAMPLES = (20 * LINE_RATE) / 1000;

/** One side of a call, cut into 20 ms for the window's speaker whatever the packets' size. */
export class WindowAudio {
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #audio: CallAudio;
  readonly #onAudio: (audio: CallAudio) => void;
  #filled = 0;

  /** `onAudio` must be done with the samples when it returns: they are used again. */
  constructor(call: string, side: CallAudio['side'], onAudio: (audio: CallAudio) => void) {
    this.#audio = { call, side, pcm: this.#frame };
    this.#onAudio = onAudio;
  }

  write(pcm: Int16Array): void {
    for (const sample of pcm) {
      this.#frame[this.#filled++] = sample;
      if (this.#filled < FRAME_SAMPLES) continue;
      this.#filled = 0;
      this.#onAudio(this.#audio);
    }
  }
}
