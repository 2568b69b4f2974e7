import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { resample } from '../../../backend/audio/resample.ts';
import { encodeWav } from '../../../backend/audio/wav.ts';

const DEVICE_RATE = 48_000;

/** Chromium's own pretended microphone: somebody who says `pcm` (8 kHz) `afterMs` each time it is opened, then nothing. */
export class FakeMicrophone implements Disposable {
  readonly #dir = mkdtempSync(path.join(os.tmpdir(), 'sidetone-microphone-'));

  constructor(pcm: Int16Array, afterMs: number) {
    const silence = new Int16Array((DEVICE_RATE * afterMs) / 1000);
    const said = Int16Array.from([...silence, ...resample(pcm, 8000, DEVICE_RATE), ...silence]);
    writeFileSync(this.#file, encodeWav(said, DEVICE_RATE));
  }

  /** Switches of Chromium that plug it in. */
  get switches(): string[] {
    return ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${this.#file}%noloop`];
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true });
  }

  get #file(): string {
    return path.join(this.#dir, 'said.wav');
  }
}
