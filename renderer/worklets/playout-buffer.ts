import { Resampler } from '../../backend/audio/resample.ts';
import { LINE_RATE } from '../../backend/contract/party.ts';

const FRAME_MS = 20;
/** How late a frame may be without being missed. */
const LEAST_MARGIN_MS = 20;
const MOST_MARGIN_MS = 180;
/** One that was missed raises it by as much as it was too late, within these: a stall is no jitter. */
const LEAST_STEP_MS = 5;
const MOST_STEP_MS = 40;
/** Jitter that has not shown again is forgotten: two milliseconds each second. */
const MARGIN_DECAY = 2 / 1000;
/** More than this beyond what is needed is not worth hearing: the oldest goes. */
const MOST_SURPLUS_MS = 120;
/** Over so long, twice, the least that waited is looked for. */
const WINDOW_MS = 1000;
/** Too much or too little delay is played away over so long, but never faster than nobody hears as a change of pitch. */
const CORRECTION_MS = 4000;
const MOST_CORRECTION = 0.01;
/** In a pause, so much of too much delay is left out at a time. */
const SKIP_MS = 10;
/** A pause: below -50 dBFS. */
const QUIET = 0.003;
/** A power of two. More than a second at 48 kHz. */
const CAPACITY = 65_536;
/** Samples that the interpolation needs beyond the position. */
const LOOKAHEAD = 2;
/** What is cut off fades so fast, instead of clicking. */
const FADE_MS = 1.5;

/**
 * Between frames that come when they come and a sound card's clock. Starts with 40 ms; the delay grows after each time
 * when nothing was there to play, up to 200 ms, and shrinks slowly back. It is brought where it belongs, and what the
 * two clocks drift apart is absorbed, by playing up to 1 % faster or slower; pauses are made shorter at once.
 */
export class PlayoutBuffer {
  readonly #rate: number;
  readonly #resampler: Resampler;
  readonly #converted: Int16Array;
  readonly #ring = new Float32Array(CAPACITY);
  readonly #fade: number;
  /** Samples in all at the card's rate; the position lies between two of them. */
  #written = 0;
  #position = 0;
  /** By how much the position moves with each sample played. */
  #step = 1;
  #filling = true;
  #margin: number;
  /** The least that waited in this window and in the one before. */
  #least = Infinity;
  #leastBefore = Infinity;
  #windowLeft: number;
  #idle = 0;
  #missing = false;
  #underruns = 0;
  #jumped = false;
  /** By how much the output is still off so that a jump does not click. */
  #tail = 0;
  #latest = 0;

  /** @param rate Hz of the sound card. @throws SidetoneError 'usage' for one that 8 kHz cannot be converted to. */
  constructor(rate: number) {
    this.#rate = rate;
    this.#resampler = new Resampler(LINE_RATE, rate);
    this.#converted = new Int16Array(this.#resampler.maxOutput((LINE_RATE * 3 * FRAME_MS) / 1000));
    this.#fade = Math.exp(-1000 / (FADE_MS * rate));
    this.#margin = this.#samples(LEAST_MARGIN_MS);
    this.#windowLeft = this.#samples(WINDOW_MS);
  }

  /** Times when nothing was there to play although it was being played. */
  get underruns(): number {
    return this.#underruns;
  }

  /** Since when nothing came and nothing was there, ms. */
  get idleMs(): number {
    return (this.#idle * 1000) / this.#rate;
  }

  /** Takes a frame of any length up to 60 ms, 8 kHz; copies it. */
  write(pcm: Int16Array): void {
    if (this.#missing) this.#raiseMargin();
    this.#idle = 0;
    const count = this.#resampler.push(pcm, this.#converted);
    for (let i = 0; i < count; i += 1)
      this.#ring[(this.#written + i) % CAPACITY] = (this.#converted[i] ?? 0) / 32_768;
    this.#written += count;
    if (this.#waiting <= this.#target + this.#samples(MOST_SURPLUS_MS)) return;
    this.#position = this.#written - this.#target;
    this.#jumped = true;
    this.#forgetLeast();
  }

  /** Adds what comes next to `out`. */
  mixInto(out: Float32Array): void {
    this.#margin = Math.max(this.#samples(LEAST_MARGIN_MS), this.#margin - out.length * MARGIN_DECAY);
    if (this.#filling) this.#begin(out.length);
    else this.#adjust(out.length);
    for (let i = 0; i < out.length; i += 1) {
      const sample = this.#next();
      if (this.#jumped) {
        this.#tail = this.#latest - sample;
        this.#jumped = false;
      }
      this.#latest = sample + this.#tail;
      this.#tail = Math.abs(this.#tail) < 1e-5 ? 0 : this.#tail * this.#fade;
      out[i] = (out[i] ?? 0) + this.#latest;
    }
  }

  get #waiting(): number {
    return this.#written - this.#position;
  }

  /** What should wait when a frame has just come. */
  get #target(): number {
    return this.#margin + this.#samples(FRAME_MS);
  }

  #samples(ms: number): number {
    return (ms * this.#rate) / 1000;
  }

  #raiseMargin(): void {
    this.#missing = false;
    const step = Math.max(this.#samples(LEAST_STEP_MS), Math.min(this.#samples(MOST_STEP_MS), this.#idle));
    this.#margin = Math.min(this.#samples(MOST_MARGIN_MS), this.#margin + step);
  }

  #begin(samples: number): void {
    this.#idle += samples;
    // Rounded as the conversion rounds: two frames of 20 ms are 40 ms.
    if (this.#waiting < Math.floor(this.#target) - LOOKAHEAD) return;
    this.#filling = false;
    this.#jumped = true;
    this.#forgetLeast();
  }

  #next(): number {
    if (this.#filling) return 0;
    if (this.#waiting <= LOOKAHEAD) {
      this.#underruns += 1;
      this.#missing = true;
      this.#filling = true;
      this.#jumped = true;
      return 0;
    }
    const sample = this.#interpolated();
    this.#position += this.#step;
    return sample;
  }

  /** Sets how fast to play. */
  #adjust(samples: number): void {
    this.#least = Math.min(this.#least, this.#waiting);
    this.#windowLeft -= samples;
    if (this.#windowLeft <= 0) {
      this.#windowLeft = this.#samples(WINDOW_MS);
      this.#leastBefore = this.#least;
      this.#least = Infinity;
    }
    if (this.#leastBefore === Infinity) return;
    const skip = this.#samples(SKIP_MS);
    let surplus = Math.min(this.#least, this.#leastBefore) - this.#margin;
    if (surplus > skip && this.#isQuiet(skip)) {
      this.#position += skip;
      this.#least -= skip;
      this.#leastBefore -= skip;
      surplus -= skip;
    }
    const correction = surplus / this.#samples(CORRECTION_MS);
    this.#step = 1 + Math.max(-MOST_CORRECTION, Math.min(MOST_CORRECTION, correction));
  }

  #isQuiet(samples: number): boolean {
    const from = Math.floor(this.#position);
    for (let i = 0; i < samples; i += 1)
      if (Math.abs(this.#ring[(from + i) % CAPACITY] ?? 0) > QUIET) return false;
    return true;
  }

  #forgetLeast(): void {
    this.#least = Infinity;
    this.#leastBefore = Infinity;
    this.#step = 1;
    this.#windowLeft = this.#samples(WINDOW_MS);
  }

  /** Catmull-Rom: exact enough, since the card's rate is many times what 8 kHz audio needs. */
  #interpolated(): number {
    const at = Math.floor(this.#position);
    const x = this.#position - at;
    const before = this.#ring[(at + CAPACITY - 1) % CAPACITY] ?? 0;
    const from = this.#ring[at % CAPACITY] ?? 0;
    const to = this.#ring[(at + 1) % CAPACITY] ?? 0;
    const after = this.#ring[(at + 2) % CAPACITY] ?? 0;
    const bend = 2 * before - 5 * from + 4 * to - after + x * (3 * (from - to) + after - before);
    return from + 0.5 * x * (to - before + x * bend);
  }
}
