import { SidetoneError } from '../base/errors.ts';

/** Sample rates in Hz that can be converted into each other. */
export const SAMPLE_RATES: readonly number[] = [
  8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000,
];

/**
 * Flat up to this part of the lower rate's Nyquist frequency, stopped from Nyquist on: nothing can alias, and a
 * telephone's 3.4 kHz still pass. A steeper slope would cost more delay.
 */
const PASSBAND = 0.8;
/** Kaiser's formula may be a dB or two off, hence more than the 80 dB wanted. */
const STOPBAND_DB = 84;
/** Taps come in multiples of this. */
const UNROLL = 4;
const BLOCK = 1024;

interface Filter {
  /** Output samples per `down` input samples, in lowest terms. */
  readonly up: number;
  readonly down: number;
  readonly taps: number;
  /** In input samples. */
  readonly delay: number;
  /** `up` phases of `taps` coefficients each, oldest input first. */
  readonly coefficients: Float64Array;
}

const filters = new Map<string, Filter>();

/** Streams of one pair of rates share their coefficients. */
function filterFor(fromHz: number, toHz: number): Filter {
  const key = `${fromHz}:${toHz}`;
  let filter = filters.get(key);
  if (!filter) {
    filter = designFilter(fromHz, toHz);
    filters.set(key, filter);
  }
  return filter;
}

/**
 * Kaiser-windowed sinc, cut into polyphase branches (Crochiere and Rabiner, Multirate Digital Signal Processing;
 * length and shape from Kaiser 1974).
 */
function designFilter(fromHz: number, toHz: number): Filter {
  for (const rate of [fromHz, toHz]) {
    if (SAMPLE_RATES.includes(rate)) continue;
    throw new SidetoneError('usage', `cannot resample audio at ${rate} Hz`, {
      hint: `use one of ${SAMPLE_RATES.join(', ')} Hz`,
    });
  }
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const up = toHz / divisor;
  const down = fromHz / divisor;
  if (up === down) return { up, down, taps: 1, delay: 0, coefficients: Float64Array.of(1) };

  const nyquist = Math.min(fromHz, toHz) / 2;
  const transitionHz = nyquist * (1 - PASSBAND);
  const seconds = (STOPBAND_DB - 7.95) / (2.285 * 2 * Math.PI * transitionHz);
  const delay = Math.ceil((seconds * fromHz) / UNROLL) * (UNROLL / 2);
  const taps = 2 * delay;
  const beta = 0.1102 * (STOPBAND_DB - 8.7);
  /** Of the -6 dB point, as a part of the input's Nyquist frequency. */
  const cutoff = (nyquist * (1 + PASSBAND)) / fromHz;

  const coefficients = new Float64Array(up * taps);
  for (let phase = 0; phase < up; phase++) {
    const branch = coefficients.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const time = taps - 1 - tap + phase / up - delay;
      const edge = time / delay;
      const window = besselI0(beta * Math.sqrt(Math.max(0, 1 - edge * edge)));
      const angle = Math.PI * cutoff * time;
      const value = (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
      branch[tap] = value;
      sum += value;
    }
    // Each branch passes DC at exactly 1: otherwise a constant input would come out with a ripple.
    for (const [tap, value] of branch.entries()) branch[tap] = value / sum;
  }
  return { up, down, taps, delay, coefficients };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * Streaming sample rate conversion, 16-bit mono. After n input samples exactly ceil(n * to / from) output samples
 * have come out, so frames of 20 ms give equal frames and nothing drifts. The audio lags by `delayMs`.
 */
export class Resampler {
  readonly #filter: Filter;
  /** The last taps - 1 input samples, then the block in work. */
  readonly #window: Float64Array;
  readonly delayMs: number;
  /** Inputs still to come before the next output can be made. */
  #wait = 0;
  #phase = 0;

  /** @throws SidetoneError 'usage' for a rate that is not in SAMPLE_RATES. */
  constructor(fromHz: number, toHz: number) {
    this.#filter = filterFor(fromHz, toHz);
    this.#window = new Float64Array(this.#filter.taps - 1 + BLOCK);
    this.delayMs = (this.#filter.delay / fromHz) * 1000;
  }

  /** Most samples that push() can put out for so many samples in. */
  maxOutput(inputLength: number): number {
    return Math.ceil((inputLength * this.#filter.up) / this.#filter.down);
  }

  /** Most samples that flush() can put out. */
  get maxFlush(): number {
    return this.maxOutput(this.#filter.delay);
  }

  /** Converts all of `input`; returns how many samples of `out` were written. */
  push(input: Int16Array, out: Int16Array): number {
    if (this.#filter.taps === 1) {
      out.set(input);
      return input.length;
    }
    const history = this.#filter.taps - 1;
    let written = 0;
    for (let start = 0; start < input.length; start += BLOCK) {
      const length = Math.min(BLOCK, input.length - start);
      for (let i = 0; i < length; i++) this.#window[history + i] = input[start + i] ?? 0;
      written = this.#convert(length, out, written);
    }
    return written;
  }

  /** Lets the tail of the signal out, as if as much silence as the delay had followed, and begins anew. */
  flush(out: Int16Array): number {
    const history = this.#filter.taps - 1;
    let written = 0;
    for (let left = this.#filter.delay; left > 0; left -= BLOCK) {
      const length = Math.min(BLOCK, left);
      this.#window.fill(0, history, history + length);
      written = this.#convert(length, out, written);
    }
    this.#window.fill(0);
    this.#wait = 0;
    this.#phase = 0;
    return written;
  }

  /** A whole signal, its delay taken off: round(n * to / from) samples in time with the input. */
  static convert(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
    const resampler = new Resampler(fromHz, toHz);
    resampler.#wait = resampler.#filter.delay;
    const out = new Int16Array(resampler.maxOutput(pcm.length) + resampler.maxFlush);
    const written = resampler.push(pcm, out);
    resampler.flush(out.subarray(written));
    return out.slice(0, Math.round((pcm.length * toHz) / fromHz));
  }

  #convert(length: number, out: Int16Array, from: number): number {
    const { up, down, taps, coefficients } = this.#filter;
    const window = this.#window;
    let written = from;
    let at = this.#wait;
    let phase = this.#phase;
    while (at < length) {
      const branch = phase * taps;
      // Four sums side by side: one alone waits for its own last addition, and takes twice as long.
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let tap = 0; tap < taps; tap += UNROLL) {
        const k = branch + tap;
        const x = at + tap;
        a += (coefficients[k] ?? 0) * (window[x] ?? 0);
        b += (coefficients[k + 1] ?? 0) * (window[x + 1] ?? 0);
        c += (coefficients[k + 2] ?? 0) * (window[x + 2] ?? 0);
        d += (coefficients[k + 3] ?? 0) * (window[x + 3] ?? 0);
      }
      const sample = Math.round(a + b + (c + d));
      out[written++] = sample > 32767 ? 32767 : sample < -32768 ? -32768 : sample;
      phase += down;
      while (phase >= up) {
        phase -= up;
        at++;
      }
    }
    this.#wait = at - length;
    this.#phase = phase;
    window.copyWithin(0, length, length + taps - 1);
    return written;
  }
}

/** A whole signal at another rate: round(n * to / from) samples, in time with the input. */
export function resample(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
  return Resampler.convert(pcm, fromHz, toHz);
}
