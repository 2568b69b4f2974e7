import { SidetoneError } from '../base/errors.ts';
import { decode } from './g711.ts';

/** RIFF WAVE (Microsoft/IBM 1991, and WAVE_FORMAT_EXTENSIBLE 2001). */

export interface Sound {
  /** Channels mixed down to one. */
  readonly pcm: Int16Array;
  readonly sampleRate: number;
}

const HEADER_BYTES = 44;
const UNKNOWN_SIZE = 0xffffffff;
const ALLOWED =
  'use a WAV file with PCM of 8, 16, 24 or 32 bits, float of 32 or 64 bits, A-law or mu-law, any number of channels';

/** Format tags; WAVE_FORMAT_EXTENSIBLE carries one of the others in its sub-format. */
const FORMAT = { pcm: 1, float: 3, aLaw: 6, muLaw: 7, extensible: 0xfffe } as const;

/** What people take for a WAV file, by its first bytes. */
const OTHER_FILES: readonly (readonly [string, string])[] = [
  ['RIFX', 'a big-endian RIFX file'],
  ['RF64', 'an RF64 file'],
  ['riff', 'a Sony Wave64 file'],
  ['fLaC', 'a FLAC file'],
  ['OggS', 'an Ogg file'],
  ['ID3', 'an MP3 file'],
  ['\xff\xfb', 'an MP3 file'],
  ['\xff\xf3', 'an MP3 file'],
  ['FORM', 'an AIFF file'],
  ['\x1aE\xdf\xa3', 'a Matroska or WebM file'],
  ['{', 'JSON text'],
  ['<', 'HTML or XML text'],
];

interface Layout {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
}

/**
 * A WAV file as 16-bit mono at its own rate. A file that was cut short, or whose length was not known when its
 * header was written (0 or 0xFFFFFFFF), is read to its end.
 *
 * @throws SidetoneError 'usage' that names what was found and what is allowed.
 */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text(view, 0, 4) !== 'RIFF' || text(view, 8, 4) !== 'WAVE') {
    const start = text(view, 0, 4);
    const other = OTHER_FILES.find(([magic]) => start.startsWith(magic))?.[1];
    throw refuse(`this is not a WAV file but ${other ?? (bytes.length === 0 ? 'empty' : 'something else')}`);
  }
  const riffSize = view.getUint32(4, true);

  let layout: Layout | null = null;
  for (let at = 12; at + 8 <= view.byteLength;) {
    const id = text(view, at, 4);
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    const left = view.byteLength - start;
    if (id === 'fmt ') layout = readLayout(view, start, Math.min(size, left));
    if (id === 'data') {
      if (!layout) throw refuse('the WAV file has no "fmt " chunk before its data');
      // A length of 0 is the truth when the RIFF length, written last, agrees that more chunks follow.
      const trueRiffSize = riffSize !== UNKNOWN_SIZE && riffSize + 8 >= view.byteLength;
      const unknown = size === UNKNOWN_SIZE || (size === 0 && !trueRiffSize);
      return decodeSamples(view, start, unknown ? left : Math.min(size, left), layout);
    }
    at = start + size + (size % 2);
  }
  throw refuse(`the WAV file has no ${layout ? '"data"' : '"fmt "'} chunk`);
}

function readLayout(view: DataView, at: number, size: number): Layout {
  if (size < 16) throw refuse(`the WAV file's "fmt " chunk has ${size} bytes instead of 16 or more`);
  const outer = view.getUint16(at, true);
  const tag = outer === FORMAT.extensible && size >= 26 ? view.getUint16(at + 24, true) : outer;
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  if (channels === 0) throw refuse('the WAV file says that it has 0 channels');
  if (sampleRate === 0) throw refuse('the WAV file says that it has a sample rate of 0 Hz');
  return { tag, channels, sampleRate, bits };
}

function decodeSamples(view: DataView, start: number, size: number, layout: Layout): Sound {
  const { channels, sampleRate } = layout;
  const readSample = sampleReader(view, layout);
  const bytesPerSample = layout.bits / 8;
  const pcm = new Int16Array(Math.floor(size / (channels * bytesPerSample)));
  let at = start;
  for (let i = 0; i < pcm.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += readSample(at);
      at += bytesPerSample;
    }
    pcm[i] = Math.max(-32768, Math.min(32767, Math.round(sum / channels)));
  }
  return { pcm, sampleRate };
}

/** Reads the sample at a byte offset, on the scale of 16 bits. */
function sampleReader(view: DataView, { tag, bits }: Layout): (at: number) => number {
  switch (`${tag}/${bits}`) {
    case `${FORMAT.pcm}/8`:
      return (at) => (view.getUint8(at) - 128) * 256;
    case `${FORMAT.pcm}/16`:
      return (at) => view.getInt16(at, true);
    case `${FORMAT.pcm}/24`:
      return (at) => view.getInt16(at + 1, true) + view.getUint8(at) / 256;
    case `${FORMAT.pcm}/32`:
      return (at) => view.getInt32(at, true) / 65536;
    case `${FORMAT.float}/32`:
      return (at) => fromFloat(view.getFloat32(at, true));
    case `${FORMAT.float}/64`:
      return (at) => fromFloat(view.getFloat64(at, true));
    case `${FORMAT.aLaw}/8`:
      return companded('PCMA', view);
    case `${FORMAT.muLaw}/8`:
      return companded('PCMU', view);
    default:
      throw refuse(`the WAV file holds ${describe(tag)} of ${bits} bits`);
  }
}

/** Clamped before channels are mixed: a float may be anything. */
function fromFloat(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(-1, Math.min(1, value)) * 32768;
}

function companded(codec: 'PCMA' | 'PCMU', view: DataView): (at: number) => number {
  const table = new Int16Array(256);
  decode(codec, Uint8Array.from(table.keys()), table);
  return (at) => table[view.getUint8(at)] ?? 0;
}

function describe(tag: number): string {
  const names: Record<number, string> = {
    [FORMAT.pcm]: 'PCM',
    [FORMAT.float]: 'floating point',
    [FORMAT.aLaw]: 'A-law',
    [FORMAT.muLaw]: 'mu-law',
    2: 'Microsoft ADPCM',
    0x11: 'IMA ADPCM',
    0x31: 'GSM 6.10',
    0x50: 'MPEG audio',
    0x55: 'MP3',
  };
  return names[tag] ?? `audio of format 0x${tag.toString(16).padStart(4, '0')}`;
}

function refuse(message: string): SidetoneError {
  return new SidetoneError('usage', message, { hint: ALLOWED });
}

function text(view: DataView, at: number, length: number): string {
  let result = '';
  for (let i = at; i < Math.min(at + length, view.byteLength); i++) {
    result += String.fromCharCode(view.getUint8(i));
  }
  return result;
}

/**
 * The 44 bytes before 16-bit PCM. `samples`, of each channel; null: not known yet, to be overwritten when it is; readers
 * take such a file to its end.
 */
export function wavHeader({
  sampleRate,
  samples,
  channels = 1,
}: {
  sampleRate: number;
  samples: number | null;
  channels?: 1 | 2;
}): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  const frameBytes = 2 * channels;
  const dataBytes = samples === null ? UNKNOWN_SIZE : samples * frameBytes;
  header.set(Buffer.from('RIFF'), 0);
  view.setUint32(4, samples === null ? UNKNOWN_SIZE : dataBytes + HEADER_BYTES - 8, true);
  header.set(Buffer.from('WAVEfmt '), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT.pcm, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, 16, true);
  header.set(Buffer.from('data'), 36);
  view.setUint32(40, dataBytes, true);
  return header;
}

/** A whole WAV file, 16-bit mono. */
export function encodeWav(pcm: Int16Array, sampleRate: number): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + pcm.length * 2);
  file.set(wavHeader({ sampleRate, samples: pcm.length }));
  const view = new DataView(file.buffer);
  for (let i = 0; i < pcm.length; i++) view.setInt16(HEADER_BYTES + i * 2, pcm[i] ?? 0, true);
  return file;
}
