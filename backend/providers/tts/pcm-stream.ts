/**
 * Raw 16-bit PCM or a WAV file, cut anywhere, into samples. A WAV is known by its RIFF header and says its own
 * rate (Multimedia Programming Interface 1.0, RIFF and WAVE chapters). The machine's byte order is taken to be
 * little-endian, as both formats are.
 */

export class NotPcmError extends Error {}

const MAX_HEADER_BYTES = 1 << 16;
/** What else begins an audio file, where a server sends its favourite format whatever was asked for. */
const OTHER_FORMATS = [
  ['OggS', 'Ogg'],
  ['fLaC', 'FLAC'],
  ['ID3', 'MP3'],
] as const;

export class PcmStream {
  /** Hz; of raw PCM what the caller said, of a WAV what its header says. */
  sampleRate: number;
  #samples = 0;
  #silent = true;
  /** Bytes of the header so far; null once samples come. */
  #header: Uint8Array | null = new Uint8Array(0);
  /** First byte of a sample cut in two. */
  #half: number | null = null;
  /** Bytes of samples still to come; what follows them in a WAV is not sound. */
  #left = Infinity;

  constructor(rawSampleRate: number) {
    this.sampleRate = rawSampleRate;
  }

  get samples(): number {
    return this.#samples;
  }

  /** Whether no sample so far differs from zero. */
  get silent(): boolean {
    return this.#silent;
  }

  /** Whether the bytes so far end within a sample, which true 16-bit PCM never does. */
  get cutInSample(): boolean {
    return this.#half !== null;
  }

  /** The samples that these bytes complete; may be none. @throws NotPcmError */
  push(bytes: Uint8Array): Int16Array {
    if (this.#header === null) return this.#take(bytes);
    this.#header = this.#header.length === 0 ? bytes : concat(this.#header, bytes);
    const start = this.#findSamples(this.#header);
    if (start === null) return new Int16Array(0);
    const rest = this.#header.subarray(start);
    this.#header = null;
    return this.#take(rest);
  }

  /** Offset of the first sample, null while the header is not whole. */
  #findSamples(head: Uint8Array): number | null {
    if (head.length < 4) return null;
    const magic = ascii(head, 0);
    for (const [sign, format] of OTHER_FORMATS) {
      if (magic.startsWith(sign)) throw new NotPcmError(`sent ${format}`);
    }
    if (magic !== 'RIFF') return 0;
    if (head.length < 12) return null;
    if (ascii(head, 8) !== 'WAVE') throw new NotPcmError('sent a RIFF file that is not a WAV');
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    let described = false;
    for (let at = 12; at + 8 <= head.length;) {
      const id = ascii(head, at);
      const size = view.getUint32(at + 4, true);
      if (id === 'data') {
        if (!described) throw new NotPcmError('sent a WAV that does not say its format before its samples');
        // A server that streams does not know the size yet and writes 0, or the largest number it can.
        if (size > 0 && size < 0x7fffff00) this.#left = size;
        return at + 8;
      }
      if (id === 'fmt ') {
        if (at + 24 > head.length) return null;
        this.#readFormat(view, at + 8);
        described = true;
      }
      at += 8 + size + (size & 1);
    }
    if (head.length > MAX_HEADER_BYTES) throw new NotPcmError('sent a WAV whose header does not end');
    return null;
  }

  #readFormat(view: DataView, at: number): void {
    const format = view.getUint16(at, true);
    const channels = view.getUint16(at + 2, true);
    const rate = view.getUint32(at + 4, true);
    const bits = view.getUint16(at + 14, true);
    const isPcm = format === 1 || format === 0xfffe;
    if (!isPcm || channels !== 1 || bits !== 16 || rate < 8000 || rate > 48_000) {
      throw new NotPcmError(
        `sent a WAV of ${channels} channel(s), ${bits} bits, ${rate} Hz, format ${format}`,
      );
    }
    this.sampleRate = rate;
  }

  #take(bytes: Uint8Array): Int16Array {
    const taken = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= taken.length;
    const lead = this.#half === null ? 0 : 1;
    const count = (lead + taken.length) >> 1;
    const pcm = new Int16Array(count);
    const out = new Uint8Array(pcm.buffer);
    if (count > 0) {
      if (this.#half !== null) out[0] = this.#half;
      out.set(taken.subarray(0, count * 2 - lead), lead);
    }
    const cut = (lead + taken.length) % 2 === 1;
    if (!cut) this.#half = null;
    else if (taken.length > 0) this.#half = taken[taken.length - 1] ?? null;
    this.#samples += count;
    this.#silent &&= pcm.every((sample) => sample === 0);
    return pcm;
  }
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
