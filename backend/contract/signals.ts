import { SidetoneError } from '../base/errors.ts';

/**
 * Dense signals of calls going on, as they travel from a media worker to the window: binary batches of blocks, 30 a
 * second at most. They are for the eyes: when the window is behind, old batches are dropped. Not a record.
 *
 * One block: u8 length of the call's id, its ASCII bytes, u8 track, u32 start, u16 byte count, that many bytes.
 * Little endian. `start` is the block's first sample since the call's start; each value covers `stepSamples` of the
 * call's 8 kHz time axis.
 */
export const SIGNAL_TRACKS = {
  /** Lowest and highest sample of each 2.5 ms, int8 each (the sample's upper byte). What the far end sent. */
  caller: { code: 0, stepSamples: 20, valueBytes: 2 },
  /** The same of what we sent. */
  bot: { code: 1, stepSamples: 20, valueBytes: 2 },
  /** The same of what the bot would have said had it not been interrupted, where it would have stood. */
  cancelled: { code: 2, stepSamples: 20, valueBytes: 2 },
  /** Probability of caller speech, 0..255. */
  voice: { code: 3, stepSamples: 256, valueBytes: 1 },
  /** Interarrival jitter at the end of each 100 ms, in halves of a millisecond, at most 255. */
  jitter: { code: 4, stepSamples: 800, valueBytes: 1 },
  /** Packets lost in each 100 ms, at most 255. */
  lost: { code: 5, stepSamples: 800, valueBytes: 1 },
  /** Packets that came too late in each 100 ms, at most 255. */
  late: { code: 6, stepSamples: 800, valueBytes: 1 },
} as const;
export type SignalTrack = keyof typeof SIGNAL_TRACKS;

/** Batches a second. */
export const SIGNAL_RATE_HZ = 30;

const TRACK_NAMES: readonly SignalTrack[] = ['caller', 'bot', 'cancelled', 'voice', 'jitter', 'lost', 'late'];
const HEAD_BYTES = 1 + 1 + 4 + 2;
const MAX_BLOCK_BYTES = 0xffff;

/** A batch being written. */
export class SignalBatch {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Copies `values`. @throws SidetoneError 'internal' for a block that is too long. */
  append(call: string, track: SignalTrack, start: number, values: Uint8Array): void {
    if (values.length > MAX_BLOCK_BYTES)
      throw new SidetoneError('internal', `a block of ${values.length} bytes of signals`);
    this.#reserve(HEAD_BYTES + call.length + values.length);
    let at = this.#length;
    this.#bytes[at++] = call.length;
    for (let i = 0; i < call.length; i += 1) this.#bytes[at++] = call.charCodeAt(i);
    this.#bytes[at++] = SIGNAL_TRACKS[track].code;
    this.#view.setUint32(at, start, true);
    this.#view.setUint16(at + 4, values.length, true);
    this.#bytes.set(values, at + 6);
    this.#length = at + 6 + values.length;
  }

  /** What was appended since the last take, as bytes of its own to transfer; null when nothing was. */
  take(): Uint8Array<ArrayBuffer> | null {
    if (this.#length === 0) return null;
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** @throws SidetoneError 'garbled' when the bytes are no batch. `values` is a view into them. */
export function readSignals(
  batch: Uint8Array,
  onBlock: (call: string, track: SignalTrack, start: number, values: Uint8Array) => void,
): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  for (let at = 0; at < batch.length;) {
    const idLength = batch[at] ?? 0;
    const head = at + 1 + idLength;
    if (head + HEAD_BYTES - 1 > batch.length) throw garbled();
    let call = '';
    for (let i = at + 1; i < head; i += 1) call += String.fromCharCode(batch[i] ?? 0);
    const track = TRACK_NAMES[batch[head] ?? 255];
    const length = view.getUint16(head + 5, true);
    const from = head + HEAD_BYTES - 1;
    if (track === undefined || from + length > batch.length) throw garbled();
    onBlock(call, track, view.getUint32(head + 1, true), batch.subarray(from, from + length));
    at = from + length;
  }
}

function garbled(): SidetoneError {
  return new SidetoneError('garbled', 'a batch of signals that cannot be read');
}
