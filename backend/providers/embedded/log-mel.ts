import { RealFft } from './fft.ts';

/**
 * Whisper's input: log-mel spectrogram of 16 kHz audio (Radford et al. 2022; the reference is WhisperFeatureExtractor
 * of transformers). Hann window of 400, hop of 160, 80 Slaney mel bands, audio brought to zero mean and unit variance.
 */

const RATE = 16_000;
const WINDOW = 400;
const HOP = 160;
export const MEL_BANDS = 80;

/** A band's share of each bin from `from` on. */
interface Band {
  readonly from: number;
  readonly weights: Float64Array;
}

export class LogMel {
  /** Frames of a spectrogram. */
  readonly frames: number;
  readonly #length: number;
  readonly #fft = new RealFft(WINDOW);
  readonly #hann = Float64Array.from(
    { length: WINDOW },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW),
  );
  readonly #bands: readonly Band[];
  /** The audio with half a window reflected at both ends. */
  readonly #audio: Float64Array;
  readonly #frame = new Float64Array(WINDOW);
  readonly #power: Float64Array;

  constructor(seconds: number) {
    this.#length = seconds * RATE;
    this.frames = this.#length / HOP;
    this.#audio = new Float64Array(this.#length + WINDOW);
    this.#power = new Float64Array(this.#fft.bins);
    this.#bands = melBands(this.#fft.bins);
  }

  /**
   * @param pcm 16 kHz; its last `seconds` are used, shorter audio gets silence in front.
   * @returns [MEL_BANDS][frames], row by row.
   */
  spectrogram(pcm: Int16Array): Float32Array {
    const silence = this.#load(pcm);
    const out = new Float32Array(MEL_BANDS * this.frames);
    let loudest = -Infinity;
    // Frames wholly within the silence in front are alike.
    const same = Math.floor((silence - WINDOW / 2) / HOP);
    for (let t = 0; t < this.frames; t++) {
      if (t > 0 && t <= same) {
        for (let b = 0; b < MEL_BANDS; b++) out[b * this.frames + t] = out[b * this.frames] ?? 0;
        continue;
      }
      for (let i = 0; i < WINDOW; i++)
        this.#frame[i] = (this.#audio[t * HOP + i] ?? 0) * (this.#hann[i] ?? 0);
      this.#fft.power(this.#frame, this.#power);
      for (const [b, { from, weights }] of this.#bands.entries()) {
        let energy = 0;
        for (let i = 0; i < weights.length; i++) energy += (this.#power[from + i] ?? 0) * (weights[i] ?? 0);
        const level = Math.log10(Math.max(energy, 1e-10));
        out[b * this.frames + t] = level;
        if (level > loudest) loudest = level;
      }
    }
    for (let i = 0; i < out.length; i++) out[i] = (Math.max(out[i] ?? 0, loudest - 8) + 4) / 4;
    return out;
  }

  /** Normalised audio into #audio; returns the samples of silence in front. */
  #load(pcm: Int16Array): number {
    const length = this.#length;
    const heard = pcm.length > length ? pcm.subarray(pcm.length - length) : pcm;
    const silence = length - heard.length;
    let sum = 0;
    let squares = 0;
    for (const sample of heard) {
      const value = sample / 32768;
      sum += value;
      squares += value * value;
    }
    const mean = sum / length;
    const scale = 1 / Math.sqrt(squares / length - mean * mean + 1e-7);
    const half = WINDOW / 2;
    const audio = this.#audio;
    audio.fill(-mean * scale, half, half + silence);
    for (let i = 0; i < heard.length; i++)
      audio[half + silence + i] = ((heard[i] ?? 0) / 32768 - mean) * scale;
    for (let i = 1; i <= half; i++) {
      audio[half - i] = audio[half + i] ?? 0;
      audio[half + length - 1 + i] = audio[half + length - 1 - i] ?? 0;
    }
    return silence;
  }
}

/** Slaney's mel scale: linear below 1 kHz, logarithmic above. */
function toMel(hz: number): number {
  return hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4);
}

function toHz(mel: number): number {
  return mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((Math.log(6.4) / 27) * (mel - 15));
}

/** Triangles between neighbouring mel points, each of area one. */
function melBands(bins: number): Band[] {
  const top = toMel(RATE / 2);
  const edge = (i: number): number => toHz((top * i) / (MEL_BANDS + 1));
  return Array.from({ length: MEL_BANDS }, (_, band) => {
    const [low, peak, high] = [edge(band), edge(band + 1), edge(band + 2)];
    const weight = (bin: number): number => {
      const hz = (bin * RATE) / 2 / (bins - 1);
      return (
        (Math.max(0, Math.min((hz - low) / (peak - low), (high - hz) / (high - peak))) * 2) / (high - low)
      );
    };
    const all = Array.from({ length: bins }, (_, bin) => weight(bin));
    const from = all.findIndex((value) => value > 0);
    const to = all.findLastIndex((value) => value > 0) + 1;
    return { from: Math.max(0, from), weights: Float64Array.from(all.slice(Math.max(0, from), to)) };
  });
}
