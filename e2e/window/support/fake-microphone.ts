import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { resample } from '../../../backend/audio/resample.ts';
import { encodeWav } from '../../../backend/audio/wav.ts';

const DEVICE_RATE = 48_000;

/**
 * Chromium's own pretended microphone: `pcm` (8 kHz) each time it is opened, `afterMs` of silence around it; null:
 * again and again, without a pause.
 */
export class FakeMicrophone implements Disposable {
  readonly #dir = mkdtempSync(path.join(os.tmpdir(), 'sidetone-microphone-'));

  readonly #once: boolean;

  constructor(pcm: Int16Array, afterMs: number | null) {
    this.#once = afterMs !== null;
    const silence = new Int16Array((DEVICE_RATE * (afterMs ?? 0)) / 1000);
    const said = Int16Array.from([...silence, ...resample(pcm, 8000, DEVICE_RATE), ...silence]);
    writeFileSync(this.#file, encodeWav(said, DEVICE_RATE));
  }

  /** Switches of Chromium that plug it in. */
  get switches(): string[] {
    const file = `${this.#file}${this.#once ? '%noloop' : ''}`;
    return ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${file}`];
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true });
  }

  get #file(): string {
    return path.join(this.#dir, 'said.wav');
  }
}
