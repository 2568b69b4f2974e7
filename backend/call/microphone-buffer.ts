import { LINE_RATE } from '../contract/party.ts';

const SAMPLES_PER_MS = LINE_RATE / 1000;
const CAPACITY = 512 * SAMPLES_PER_MS;
/** More than this waits for nobody: the oldest goes. */
const MOST = 200 * SAMPLES_PER_MS;
/** How late a frame may be without being missed: at least so much, more after each that was missed. */
const LEAST_MARGIN_MS = 6;
const MOST_MARGIN_MS = 60;
const MARGIN_STEP_MS = 10;
/** Jitter that has not shown again is forgotten: a millisecond each second. */
const MARGIN_DECAY = 1 / 1000;
/** Over so long, twice, the latest frame is looked for before anything is made shorter. */
const WINDOW_MS = 1000;
/** So much too much delay goes even while the person speaks. */
const LOUD_SURPLUS_MS = 100;
/** Quiet: -50 dBFS, or 20 dB below the loudest of late. */
const QUIET_PEAK = 100;
const QUIET_RATIO = 0.1;
const LOUDEST_DECAY = 0.99;

/**
 * Between the sound card's clock and the grid on which packets leave. Keeps as little as lets the latest frame of the
 * last seconds come in time. What the two clocks drift apart is dropped or repeated a read at a time, in pauses where
 * nobody hears it.
 */
export class MicrophoneBuffer {
  readonly #ring = new Int16Array(CAPACITY);
  /** Samples written and read in all. */
  #written = 0;
  #taken = 0;
  #filling = true;
  #marginMs = LEAST_MARGIN_MS;
  #writtenAt = -Infinity;
  #nextReadAt = 0;
  #readSamples = 20 * SAMPLES_PER_MS;
  /** Of what was written last. */
  #frameSamples = 20 * SAMPLES_PER_MS;
  /** How much later the latest frame of this window, and of the one before, could have come. */
  #reserve = Infinity;
  #reserveBefore = Infinity;
  #windowEndsAt = 0;
  #loudest = 0;
  #underruns = 0;
  #overruns = 0;

  /** Times when nothing was there to leave. */
  get underruns(): number {
    return this.#underruns;
  }

  /** Times when audio that was no pause had to be dropped. */
  get overruns(): number {
    return this.#overruns;
  }

  /** Takes a frame of any length up to 60 ms that came at `now`, clock ms; copies it. */
  write(pcm: Int16Array, now: number): void {
    if (!this.#filling) {
      const reads = Math.floor(this.#waiting / this.#readSamples);
      const reserve = this.#nextReadAt - now + (reads * this.#readSamples) / SAMPLES_PER_MS;
      this.#reserve = Math.min(this.#reserve, reserve);
    }
    for (let i = 0; i < pcm.length; i += 1) this.#ring[(this.#written + i) % CAPACITY] = pcm[i] ?? 0;
    this.#written += pcm.length;
    this.#frameSamples = pcm.length;
    this.#writtenAt = now;
    if (this.#waiting <= MOST) return;
    this.#overruns += 1;
    this.#refill();
    this.#taken = this.#written - 2 * this.#readSamples;
  }

  /** Fills `out`, which leaves at `at`, clock ms, with what comes next. False: with silence. */
  read(out: Int16Array, at: number): boolean {
    const samples = out.length;
    this.#readSamples = samples;
    const readMs = samples / SAMPLES_PER_MS;
    this.#marginMs = Math.max(LEAST_MARGIN_MS, this.#marginMs - readMs * MARGIN_DECAY);
    this.#nextReadAt = at + readMs;
    if (this.#filling && !this.#begin(samples, at)) {
      out.fill(0);
      return false;
    }
    let again = false;
    if (this.#waiting < samples) {
      this.#underruns += 1;
      this.#marginMs = Math.min(MOST_MARGIN_MS, this.#marginMs + MARGIN_STEP_MS);
      this.#refill();
    } else {
      again = this.#settle(samples, at);
    }
    const count = Math.min(samples, this.#waiting);
    for (let i = 0; i < count; i += 1) out[i] = this.#ring[(this.#taken + i) % CAPACITY] ?? 0;
    out.fill(0, count);
    if (!again) this.#taken += count;
    return count > 0;
  }

  get #waiting(): number {
    return this.#written - this.#taken;
  }

  #refill(): void {
    this.#filling = true;
    this.#reserve = Infinity;
    this.#reserveBefore = Infinity;
  }

  /**
   * Begins as soon as the next frame may be late by the margin: it is expected a frame's length after the newest, and
   * what waits beyond this read adds to that. What came late is said late: the next pause makes up for it.
   */
  #begin(samples: number, at: number): boolean {
    const readMs = samples / SAMPLES_PER_MS;
    const sinceNewestMs = at - this.#writtenAt;
    const reads = 1 + Math.max(0, Math.ceil((this.#marginMs - sinceNewestMs) / readMs));
    if (this.#waiting < reads * samples) return false;
    this.#filling = false;
    this.#windowEndsAt = at + WINDOW_MS;
    return true;
  }

  /** Brings the delay to what is needed: skips a frame's worth, or returns true for one that is to be played twice. */
  #settle(samples: number, at: number): boolean {
    if (at >= this.#windowEndsAt) {
      this.#windowEndsAt = at + WINDOW_MS;
      this.#reserveBefore = this.#reserve;
      this.#reserve = Infinity;
    }
    const quiet = this.#isQuiet(samples);
    if (this.#reserveBefore === Infinity) return false;
    const reserve = Math.min(this.#reserve, this.#reserveBefore);
    const readMs = samples / SAMPLES_PER_MS;
    // By a frame at a time, when frames are shorter than reads: less than one would gain nothing.
    const step = Math.min(samples, this.#frameSamples);
    const stepMs = step / SAMPLES_PER_MS;
    const surplus = reserve - stepMs - this.#marginMs;
    if (surplus >= 0 && this.#waiting >= samples + step && (quiet || surplus >= LOUD_SURPLUS_MS)) {
      if (!quiet) this.#overruns += 1;
      this.#taken += step;
      this.#reserve -= stepMs;
      this.#reserveBefore -= stepMs;
    } else if (reserve < this.#marginMs / 2 && quiet) {
      this.#reserve += readMs;
      this.#reserveBefore += readMs;
      return true;
    }
    return false;
  }

  #isQuiet(samples: number): boolean {
    let peak = 0;
    for (let i = 0; i < samples; i += 1)
      peak = Math.max(peak, Math.abs(this.#ring[(this.#taken + i) % CAPACITY] ?? 0));
    this.#loudest = Math.max(peak, this.#loudest * LOUDEST_DECAY);
    return peak <= Math.max(QUIET_PEAK, this.#loudest * QUIET_RATIO);
  }
}
