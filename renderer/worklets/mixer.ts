import type { CallAudio } from '../../backend/contract/host.ts';
import { PlayoutBuffer } from './playout-buffer.ts';

/** A stream that has brought nothing for so long has ended. */
const ENDED_AFTER_MS = 5000;
/** Up to here audio passes as it is. */
const KNEE = 0.7;

interface Stream {
  readonly call: string;
  readonly side: CallAudio['side'];
  readonly buffer: PlayoutBuffer;
}

/** All that is to be heard: each side of each call with a buffer of its own. */
export class Mixer {
  readonly #rate: number;
  readonly #streams: Stream[] = [];

  /** @param rate Hz of the sound card. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** A frame of any length up to 60 ms, 8 kHz; copies it. @throws SidetoneError 'usage' for an unknown rate. */
  write({ call, side, pcm }: CallAudio): void {
    let stream = this.#streams.find((one) => one.call === call && one.side === side);
    if (!stream) {
      stream = { call, side, buffer: new PlayoutBuffer(this.#rate) };
      this.#streams.push(stream);
    }
    stream.buffer.write(pcm);
  }

  /** Fills `out` with what comes next. */
  read(out: Float32Array): void {
    out.fill(0);
    for (let i = this.#streams.length - 1; i >= 0; i -= 1) {
      const buffer = this.#streams[i]?.buffer;
      buffer?.mixInto(out);
      if (buffer && buffer.idleMs > ENDED_AFTER_MS) this.#streams.splice(i, 1);
    }
    for (let i = 0; i < out.length; i += 1) out[i] = softLimit(out[i] ?? 0);
  }
}

/** Several voices at once may exceed full scale: bent smoothly into -1..1, instead of cut off. */
export function softLimit(sample: number): number {
  const over = Math.abs(sample) - KNEE;
  if (over <= 0) return sample;
  return Math.sign(sample) * (KNEE + (1 - KNEE) * Math.tanh(over / (1 - KNEE)));
}
