/** Clicks that can be told from one another and found again to a fraction of a sample, at any rate. */

const CARRIER_HZ = 1000;
/** Standard deviation of a click's bell shape: its whole spectrum lies where a telephone line carries it. */
const WIDTH_MS = 1;
const REACH_MS = 5;
const PEAK = 16_000;
const FIRST_SECONDS = 0.5;
const SPREAD_SECONDS = 0.5;
const GOLDEN_RATIO = 0.618034;

/** Samples of silence with about a click a second, never less than half a second apart, each gap another. */
export function clickTrack(rate: number, seconds: number): Int16Array {
  const track = new Int16Array(rate * seconds);
  for (let index = 0; index < seconds - 1; index += 1) {
    const at = FIRST_SECONDS + index + SPREAD_SECONDS * ((index * index * GOLDEN_RATIO) % 1);
    addClick(track, rate, Math.min(at, seconds - FIRST_SECONDS) * 1000);
  }
  return track;
}

function addClick(track: Int16Array, rate: number, atMs: number): void {
  const from = Math.ceil(((atMs - REACH_MS) * rate) / 1000);
  const to = Math.floor(((atMs + REACH_MS) * rate) / 1000);
  for (let i = from; i <= to; i += 1) {
    const ms = (i * 1000) / rate - atMs;
    const bell = Math.exp(-0.5 * (ms / WIDTH_MS) ** 2);
    track[i] = Math.round(PEAK * bell * Math.cos((2 * Math.PI * CARRIER_HZ * ms) / 1000));
  }
}

/**
 * Says when clicks were: the centre of their energy, which no change of rate moves. It is sent into the page as text
 * and so uses nothing from outside itself.
 */
export class ClickFinder {
  readonly #loud = 0.05;
  readonly #quietMs = 100;
  readonly #clickMs = 12;
  /** When it was last loud, or it all began. */
  #loudAt: number | null = null;
  /** Begin of the click that is being listened to. */
  #from: number | null = null;
  #energy = 0;
  #moment = 0;

  /** Takes a sample of -1..1 and its time, ms; returns the time of a click that has just ended. */
  push(sample: number, at: number): number | null {
    this.#loudAt ??= at;
    const energy = sample * sample;
    if (this.#from !== null) {
      this.#energy += energy;
      this.#moment += energy * (at - this.#from);
      if (at - this.#from < this.#clickMs) return null;
      const centre = this.#from + this.#moment / this.#energy;
      this.#from = null;
      this.#loudAt = at;
      return centre;
    }
    if (Math.abs(sample) < this.#loud) return null;
    if (at - this.#loudAt >= this.#quietMs) {
      this.#from = at;
      this.#energy = energy;
      this.#moment = 0;
    }
    this.#loudAt = at;
    return null;
  }
}

export interface Delays {
  readonly delays: readonly number[];
  /** Clicks that were not heard. */
  readonly missed: number;
}

/** How long each click took, when no two are closer than `withinMs`. Times are ms of one clock. */
export function delaysBetween(made: readonly number[], heard: readonly number[], withinMs: number): Delays {
  const delays: number[] = [];
  for (const at of made) {
    const found = heard.find((time) => time >= at && time < at + withinMs);
    if (found !== undefined) delays.push(found - at);
  }
  return { delays, missed: made.length - delays.length };
}
