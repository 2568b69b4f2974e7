/**
 * Packet loss concealment after ITU-T G.711 Appendix I (1999): the last pitch periods are repeated, 1, 2, then 3 of
 * them so that it does not sound like a buzzer, and faded out.
 *
 * One thing differs. The standard holds all audio back by 3.75 ms to blend the end of what was received into the
 * repetition. Here nothing is held back: the repetition starts where the received signal ended and returns to its own
 * level within a quarter of a period. The other end is as in the standard: the repetition is blended into the first
 * samples that are received again.
 */

const RATE = 8;
/** Samples of a step of the standard's: 10 ms. */
const STEP = 10 * RATE;
/** 200 Hz and 66 Hz. */
const SHORTEST_PERIOD = 5 * RATE;
const LONGEST_PERIOD = 15 * RATE;
const CORRELATED = 20 * RATE;
/** Below this energy there is no pitch to be found in the noise. */
const LEAST_ENERGY = 250;
const MOST_PERIODS = 3;
/** Three of the longest periods and the quarter before them. */
const HISTORY = MOST_PERIODS * LONGEST_PERIOD + LONGEST_PERIOD / 4;
/** How much longer the blend into received audio gets with each step that was lost. */
const BLEND_PER_STEP = 4 * RATE;

/**
 * What is being bridged. loss: speech that went missing, full for 10 ms and gone after 60. absence: nothing may be
 * missing at all; the end of what was received is only rounded off, within 10 ms.
 */
export type Gap = 'loss' | 'absence';

/** One stream's concealment, at 8 kHz. Allocates only when made. */
export class Concealer {
  /** What was heard last, whether received or made up. */
  readonly #heard = new Float64Array(HISTORY);
  /** What was heard before the gap; its end, `#loop` samples, is repeated. */
  readonly #source = new Float64Array(HISTORY);
  /** The last `#overlap` samples as they were heard. */
  readonly #tail = new Float64Array(LONGEST_PERIOD / 4);
  /** Fades out over the first `#overlap` samples of a loop. */
  readonly #outgoing = new Float64Array(LONGEST_PERIOD / 4);
  #period = 0;
  #overlap = 0;
  #loop = 0;
  #at = 0;
  #filled = 0;
  #gain = 1;
  #faded = 0;
  #gap: Gap = 'loss';

  /** Fills `out` with what may have been there. Call again while the gap goes on. */
  conceal(out: Int16Array, gap: Gap): void {
    this.#gap = gap;
    for (let i = 0; i < out.length; i++) {
      if (this.#filled === 0) this.#begin();
      else if (this.#filled % STEP === 0 && this.#filled < MOST_PERIODS * STEP) this.#lengthenLoop();
      out[i] = clip(this.#next() * this.#gain);
      this.#filled++;
      this.#fade();
    }
    this.#remember(out);
  }

  /** Takes received samples. After a gap their beginning is changed in place, so that they join what was made up. */
  accept(pcm: Int16Array): void {
    // A talk spurt after silence is left as it came.
    const silent = this.#gap === 'absence' && this.#gain === 0;
    if (this.#filled > 0 && !silent) this.#blendInto(pcm);
    this.#filled = 0;
    this.#remember(pcm);
  }

  #begin(): void {
    this.#source.set(this.#heard);
    this.#period = this.#findPeriod();
    this.#overlap = this.#period >> 2;
    this.#tail.set(this.#source.subarray(HISTORY - this.#overlap));
    this.#loop = this.#period;
    this.#at = 0;
    this.#gain = 1;
    const step = (this.#source[HISTORY - 1] ?? 0) - (this.#source[HISTORY - this.#period - 1] ?? 0);
    for (let i = 0; i < this.#overlap; i++) {
      this.#outgoing[i] = (this.#source[HISTORY - this.#period + i] ?? 0) + step;
    }
    this.#faded = 0;
    this.#smoothSeam();
  }

  /** Lag of the highest normalised cross-correlation with the last 20 ms. */
  #findPeriod(): number {
    const source = this.#source;
    let best = 0;
    let period = LONGEST_PERIOD;
    for (let lag = LONGEST_PERIOD; lag >= SHORTEST_PERIOD; lag--) {
      let correlation = 0;
      let energy = 0;
      for (let i = HISTORY - CORRELATED; i < HISTORY; i++) {
        const earlier = source[i - lag] ?? 0;
        correlation += (source[i] ?? 0) * earlier;
        energy += earlier * earlier;
      }
      const likeness = correlation / Math.sqrt(Math.max(energy, LEAST_ENERGY));
      if (likeness > best) {
        best = likeness;
        period = lag;
      }
    }
    return period;
  }

  /** Blends the end of the loop into what comes before its start, so that it repeats without a step. */
  #smoothSeam(): void {
    const end = HISTORY - this.#overlap;
    for (let i = 0; i < this.#overlap; i++) {
      const weight = (i + 1) / this.#overlap;
      const before = this.#source[end - this.#loop + i] ?? 0;
      this.#source[end + i] = (this.#tail[i] ?? 0) * (1 - weight) + before * weight;
    }
  }

  /** One more period into the loop, at the same phase; the old loop fades into the new one. */
  #lengthenLoop(): void {
    const at = this.#at % this.#period;
    for (let i = 0; i < this.#overlap; i++) this.#outgoing[i] = this.#repeat();
    this.#faded = 0;
    this.#loop += this.#period;
    this.#at = at;
    this.#smoothSeam();
  }

  #repeat(): number {
    const sample = this.#source[HISTORY - this.#loop + this.#at] ?? 0;
    this.#at = (this.#at + 1) % this.#loop;
    return sample;
  }

  #next(): number {
    const sample = this.#repeat();
    if (this.#faded === this.#overlap) return sample;
    const outgoing = this.#outgoing[this.#faded++] ?? 0;
    const weight = this.#faded / (this.#overlap + 1);
    return outgoing * (1 - weight) + sample * weight;
  }

  #fade(): void {
    if (this.#gap === 'absence') this.#gain = Math.max(0, this.#gain - 1 / STEP);
    else if (this.#filled > STEP) this.#gain = Math.max(0, this.#gain - 1 / (5 * STEP));
  }

  #blendInto(pcm: Int16Array): void {
    const steps = Math.floor((this.#filled - 1) / STEP);
    const length = Math.min(this.#overlap + steps * BLEND_PER_STEP, STEP, pcm.length);
    for (let i = 0; i < length; i++) {
      const weight = (i + 1) / (length + 1);
      const madeUp = this.#next() * this.#gain;
      pcm[i] = clip(madeUp * (1 - weight) + (pcm[i] ?? 0) * weight);
    }
  }

  #remember(pcm: Int16Array): void {
    const kept = Math.min(pcm.length, HISTORY);
    this.#heard.copyWithin(0, kept);
    for (let i = 0; i < kept; i++) this.#heard[HISTORY - kept + i] = pcm[pcm.length - kept + i] ?? 0;
  }
}

function clip(value: number): number {
  const rounded = Math.round(value);
  return rounded > 32767 ? 32767 : rounded < -32768 ? -32768 : rounded;
}
