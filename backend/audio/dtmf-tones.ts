import { LINE_RATE } from '../contract/party.ts';

/** ITU-T Q.23: a key is one tone of each group. By row: 1 2 3 A, 4 5 6 B, 7 8 9 C, * 0 # D. */
const ROWS_HZ = [697, 770, 852, 941] as const;
const COLUMNS_HZ = [1209, 1336, 1477, 1633] as const;
const KEYS = '123A456B789C*0#D';

/** 12.75 ms: long enough to tell neighbouring tones apart, short enough for four of them in the shortest key. */
const WINDOW = 102;
const STEP = WINDOW / 2;
/** Windows with the same key, one after the other, that make a key of it: 25 ms. Q.24 has receivers take 40 ms. */
const WINDOWS_TO_BELIEVE = 3;

/** Within so many samples of its first one a tone is told, and then told for certain. */
export const SEEN_WITHIN = WINDOW + STEP;
export const DETECTED_WITHIN = WINDOW + WINDOWS_TO_BELIEVE * STEP;

/** Each tone is at least this loud: well below the -29 dBm or so at which Q.24's receivers begin. */
const LEAST_POWER = powerOf(-48);
/** A group's tone over the other three of its group. */
const OVER_ITS_GROUP = 6;
/** Between the two tones, either way: Q.24 asks for 4 to 10 dB. */
const MOST_TWIST = 10 ** (12 / 10);
/** What the two tones have of all the energy. Speech seldom leaves so little for the rest, Q.24's 15 dB of noise do. */
const LEAST_SHARE = 0.6;

/**
 * A stretch of tone, samples [from, to); told as it grows. Not `certain`: it has not lasted long enough to be a key,
 * and most often is none.
 */
export type OnTone = (from: number, to: number, key: string, certain: boolean) => void;

/**
 * Finds keys pressed as tones in a voice channel (ITU-T Q.23, Q.24), by the Goertzel algorithm over half-overlapping
 * windows. Meant for masking: it takes more than a receiver would (short, soft, twisted, noisy), and a syllable taken
 * for a key now and then costs little.
 */
export class DtmfToneDetector {
  readonly #onTone: OnTone;
  readonly #window = new Float32Array(WINDOW);
  #filled = 0;
  #key = -1;
  #seen = 0;

  constructor(onTone: OnTone) {
    this.#onTone = onTone;
  }

  /** Samples of a track without holes, 8 kHz; `position`: index of the first. */
  hear(pcm: Int16Array, position: number): void {
    const window = this.#window;
    for (let i = 0; i < pcm.length; i++) {
      window[this.#filled++] = pcm[i] ?? 0;
      if (this.#filled < WINDOW) continue;
      this.#judge(position + i + 1);
      window.copyWithin(0, STEP);
      this.#filled = WINDOW - STEP;
    }
  }

  #judge(end: number): void {
    const key = keyIn(this.#window);
    this.#seen = key !== -1 && key === this.#key ? this.#seen + 1 : 1;
    this.#key = key;
    if (key === -1) return;
    const windows = Math.min(this.#seen, WINDOWS_TO_BELIEVE);
    const from = end - WINDOW - (windows - 1) * STEP;
    this.#onTone(from, end, KEYS.charAt(key), windows === WINDOWS_TO_BELIEVE);
  }
}

/** Index into KEYS of the one whose tones make up the window; -1: none. */
function keyIn(window: Float32Array): number {
  let energy = 0;
  for (const sample of window) energy += sample * sample;
  // Twice the least that one tone has, as the sum over the window's samples has it.
  if (energy * (WINDOW / 2) < 2 * LEAST_POWER) return -1;
  const row = strongest(window, ROW_FILTERS);
  if (row === -1) return -1;
  const rowPower = found.power;
  const column = strongest(window, COLUMN_FILTERS);
  if (column === -1) return -1;
  const columnPower = found.power;
  if (rowPower > columnPower * MOST_TWIST || columnPower > rowPower * MOST_TWIST) return -1;
  if (rowPower + columnPower < LEAST_SHARE * energy * (WINDOW / 2)) return -1;
  return row * COLUMNS_HZ.length + column;
}

/** Goertzel's coefficients. */
const ROW_FILTERS = Float64Array.from(ROWS_HZ, coefficient);
const COLUMN_FILTERS = Float64Array.from(COLUMNS_HZ, coefficient);
/** Power of what strongest() found; one object, so that nothing is made for each window. */
const found = { power: 0 };

function coefficient(hz: number): number {
  return 2 * Math.cos((2 * Math.PI * hz) / LINE_RATE);
}

/** The tone that stands out of its group; -1: none does. */
function strongest(window: Float32Array, filters: Float64Array): number {
  let best = -1;
  let most = 0;
  let second = 0;
  for (let i = 0; i < filters.length; i++) {
    const power = goertzel(window, filters[i] ?? 0);
    if (power > most) {
      second = most;
      most = power;
      best = i;
    } else if (power > second) {
      second = power;
    }
  }
  found.power = most;
  return most >= LEAST_POWER && most >= second * OVER_ITS_GROUP ? best : -1;
}

/** Squared magnitude at one frequency: (amplitude * WINDOW / 2)^2 for a sine of it. */
function goertzel(window: Float32Array, coefficient: number): number {
  let one = 0;
  let two = 0;
  for (const sample of window) {
    const next = sample + coefficient * one - two;
    two = one;
    one = next;
  }
  return one * one + two * two - coefficient * one * two;
}

/** Of a sine at a level in dBFS. */
function powerOf(dbfs: number): number {
  return ((32_768 * 10 ** (dbfs / 20) * WINDOW) / 2) ** 2;
}
