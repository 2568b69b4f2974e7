import { Resampler } from '../../backend/audio/resample.ts';
import { LINE_RATE } from '../../backend/contract/party.ts';

/**
 * A quarter of a packet: the packet that takes it along leaves the sooner after its last frame, the shorter frames are.
 */
const FRAME_SAMPLES = (5 * LINE_RATE) / 1000;

/** What a microphone gives, cut into 5 ms of the line's 8 kHz. */
export class Capture {
  readonly #resampler: Resampler;
  readonly #onFrame: (pcm: Int16Array) => void;
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  #filled = 0;
  /** As long as what the sound card gives at a time. */
  #input = new Int16Array(0);
  #converted = new Int16Array(0);

  /**
   * `onFrame` must be done with the samples when it returns: they are used again.
   * @param rate Hz of the microphone. @throws SidetoneError 'usage' for one that cannot be converted.
   */
  constructor(rate: number, onFrame: (pcm: Int16Array) => void) {
    this.#resampler = new Resampler(rate, LINE_RATE);
    this.#onFrame = onFrame;
  }

  /** Takes samples of -1..1. */
  write(samples: Float32Array): void {
    if (this.#input.length !== samples.length) {
      this.#input = new Int16Array(samples.length);
      this.#converted = new Int16Array(this.#resampler.maxOutput(samples.length));
    }
    for (let i = 0; i < samples.length; i += 1) {
      const level = Math.max(-1, Math.min(1, samples[i] ?? 0));
      this.#input[i] = Math.round(level * 32_767);
    }
    const count = this.#resampler.push(this.#input, this.#converted);
    for (let i = 0; i < count; i += 1) {
      this.#frame[this.#filled++] = this.#converted[i] ?? 0;
      if (this.#filled < FRAME_SAMPLES) continue;
      this.#filled = 0;
      this.#onFrame(this.#frame);
    }
  }
}
