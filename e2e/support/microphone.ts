import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../backend/host/host.ts';
import { until } from './until.ts';

const FRAME_SAMPLES = 160;

/** The microphone of whoever sits at the window: 20 ms of speech or of silence, all the time. */
export class Microphone implements AsyncDisposable {
  readonly #host: Host;
  #speech: Int16Array = new Int16Array(0);
  #said = 0;
  #plugged = true;
  #off = false;
  readonly #running: Promise<void>;

  constructor(host: Host) {
    this.#host = host;
    this.#running = this.#run();
  }

  /** Resolves when the last of it was given. */
  async say(pcm: Int16Array): Promise<void> {
    this.#speech = pcm;
    this.#said = 0;
    await until('the person to finish', () => this.#said >= pcm.length, 60_000);
  }

  unplug(): void {
    this.#plugged = false;
  }

  plugIn(): void {
    this.#plugged = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#off = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const start = performance.now();
    for (let tick = 0; !this.#off; tick += 1) {
      if (this.#plugged) this.#host.microphone(this.#frame());
      await sleep(Math.max(0, start + (tick + 1) * 20 - performance.now()));
    }
  }

  #frame(): Int16Array {
    const frame = new Int16Array(FRAME_SAMPLES);
    frame.set(this.#speech.subarray(this.#said, this.#said + FRAME_SAMPLES));
    this.#said = Math.min(this.#speech.length, this.#said + FRAME_SAMPLES);
    return frame;
  }
}
