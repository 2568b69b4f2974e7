import { lstat, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { wavHeader } from '../audio/wav.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import { isTraceFile } from '../trace/files.ts';

const HEADER_BYTES = 44;
const SAMPLE_BYTES = 2;
/** Frames made at once: one read of 32 KiB of each channel. */
const FRAMES_AT_ONCE = 16_384;

/** Both sides in one: caller left, bot right. No such file is on the disk. */
export const STEREO = 'stereo.wav';

/** The samples of a WAV that our recorder wrote, or is writing. */
interface Channel {
  readonly handle: FileHandle;
  readonly sampleRate: number;
  readonly samples: number;
}

/**
 * A recording of a trace as a WAV file whose header is true, made as it is read: any stretch of its bytes, and never
 * more than a piece of it in memory. Of a call going on it is as long as what there was when it was opened.
 */
export class TraceSound implements AsyncDisposable {
  /** Of the whole file, header and all. */
  readonly bytes: number;
  readonly #channels: readonly (Channel | null)[];
  readonly #header: Uint8Array;
  readonly #frames: number;

  private constructor(channels: readonly (Channel | null)[], sampleRate: number) {
    this.#channels = channels;
    this.#frames = Math.max(...channels.map((channel) => channel?.samples ?? 0));
    const count = channels.length === 2 ? 2 : 1;
    this.#header = wavHeader({ sampleRate, samples: this.#frames, channels: count });
    this.bytes = HEADER_BYTES + this.#frames * this.#frameBytes;
  }

  /**
   * `name`: STEREO, or a WAV of the trace in `dir` (`mic.wav`, `tts/007.wav`). Null: there is none, or it is not as our
   * recorder writes them. A side that is missing in STEREO is silent.
   */
  static async open(dir: string, name: string): Promise<TraceSound | null> {
    const both = name === STEREO;
    if (!both && !(isTraceFile(name) && name.endsWith('.wav'))) return null;
    const names = both ? [TRACE_FILES.caller, TRACE_FILES.bot] : [name];
    const channels = await Promise.all(names.map((one) => openChannel(path.join(dir, one))));
    const sampleRate = channels.find((channel) => channel !== null)?.sampleRate;
    return sampleRate === undefined ? null : new TraceSound(channels, sampleRate);
  }

  /** Bytes [from, to) of the file, in pieces. What a file has lost since it was opened is silence. */
  async *read(from: number, to: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const end = Math.min(to, this.bytes);
    if (from < HEADER_BYTES) yield this.#header.slice(from, Math.min(end, HEADER_BYTES));
    const frameBytes = this.#frameBytes;
    for (let at = Math.max(from, HEADER_BYTES); at < end;) {
      const frame = Math.floor((at - HEADER_BYTES) / frameBytes);
      const frames = await this.#interleaved(frame, Math.min(FRAMES_AT_ONCE, this.#frames - frame));
      const begin = HEADER_BYTES + frame * frameBytes;
      const piece = frames.subarray(at - begin, Math.min(frames.length, end - begin));
      yield piece;
      at += piece.length;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#channels.map(async (channel) => channel?.handle.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #frameBytes(): number {
    return SAMPLE_BYTES * this.#channels.length;
  }

  async #interleaved(frame: number, frames: number): Promise<Uint8Array<ArrayBuffer>> {
    const out = new Int16Array(frames * this.#channels.length);
    for (const [index, channel] of this.#channels.entries()) {
      if (!channel) continue;
      const pcm = await readSamples(channel, frame, frames);
      for (let i = 0; i < pcm.length; i += 1) out[i * this.#channels.length + index] = pcm[i] ?? 0;
    }
    return new Uint8Array(out.buffer);
  }
}

async function openChannel(file: string): Promise<Channel | null> {
  // Before it is opened: a pipe would be waited for.
  const found = await lstat(file).catch(() => null);
  const handle = found?.isFile() === true ? await open(file, 'r').catch(() => null) : null;
  if (!found || !handle) return null;
  const header = Buffer.alloc(HEADER_BYTES);
  const whole = (await handle.read(header, 0, HEADER_BYTES, 0)).bytesRead === HEADER_BYTES;
  const sampleRate = header.readUInt32LE(24);
  if (!whole || !isOurs(header, sampleRate)) {
    await handle.close();
    return null;
  }
  // Not by the header: while the call goes on, or where its process was killed, it says nothing.
  return { handle, sampleRate, samples: Math.floor((found.size - HEADER_BYTES) / SAMPLE_BYTES) };
}

/** All of the header but its two lengths. */
function isOurs(header: Buffer, sampleRate: number): boolean {
  const expected = wavHeader({ sampleRate, samples: null });
  return sampleRate > 0 && header.every((byte, at) => isLength(at) || byte === expected[at]);
}

function isLength(at: number): boolean {
  return (at >= 4 && at < 8) || (at >= 40 && at < 44);
}

async function readSamples(channel: Channel, first: number, count: number): Promise<Int16Array> {
  const pcm = new Int16Array(Math.max(0, Math.min(count, channel.samples - first)));
  const bytes = new Uint8Array(pcm.buffer);
  for (let at = 0; at < bytes.length;) {
    const place = HEADER_BYTES + first * SAMPLE_BYTES + at;
    const { bytesRead } = await channel.handle.read(bytes, at, bytes.length - at, place);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return pcm;
}
