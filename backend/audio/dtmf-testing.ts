import { LINE_RATE } from '../contract/party.ts';

/** For tests: keys as tones by the table of ITU-T Q.23, and noise. */

const FREQUENCIES_HZ: Readonly<Record<string, readonly [row: number, column: number]>> = {
  '1': [697, 1209],
  '2': [697, 1336],
  '3': [697, 1477],
  A: [697, 1633],
  '4': [770, 1209],
  '5': [770, 1336],
  '6': [770, 1477],
  B: [770, 1633],
  '7': [852, 1209],
  '8': [852, 1336],
  '9': [852, 1477],
  C: [852, 1633],
  '*': [941, 1209],
  '0': [941, 1336],
  '#': [941, 1477],
  D: [941, 1633],
};

export interface ToneOptions {
  readonly ms: number;
  /** Level of the row's tone. */
  readonly dbfs?: number;
  /** The column's tone over the row's. */
  readonly twistDb?: number;
  /** Both frequencies times this. */
  readonly detune?: number;
  readonly edgeMs?: number;
}

/** A key's two tones, 8 kHz. */
export function dtmfTone(key: string, options: ToneOptions): Int16Array {
  const { ms, dbfs = -13, twistDb = 0, detune = 1, edgeMs = 0 } = options;
  const [row, column] = FREQUENCIES_HZ[key] ?? [0, 0];
  const samples = Math.round((ms * LINE_RATE) / 1000);
  const amplitude = 32_768 * 10 ** (dbfs / 20);
  const wave = (hz: number, i: number): number => Math.sin((2 * Math.PI * hz * detune * i) / LINE_RATE);
  return Int16Array.from({ length: samples }, (_, i) => {
    const edge = Math.min(1, (Math.min(i, samples - i) * 1000) / LINE_RATE / Math.max(edgeMs, 0.001));
    return Math.round(amplitude * edge * (wave(row, i) + 10 ** (twistDb / 20) * wave(column, i)));
  });
}

/** Gaussian, of a given RMS; the same each time. */
export class Noise {
  readonly #rms: number;
  #seed = 1;

  constructor(rms: number) {
    this.#rms = rms;
  }

  next(): number {
    // The sum of twelve even ones has variance 1 (Irwin-Hall).
    let sum = -6;
    for (let i = 0; i < 12; i++) {
      this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      sum += this.#seed / 0x8000_0000;
    }
    return sum * this.#rms;
  }
}
