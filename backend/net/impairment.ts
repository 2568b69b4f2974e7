/** What a bad network does to datagrams in one direction. Shares are of 0..1, times in ms. */
export interface ImpairmentSettings {
  readonly loss?: number;
  /** Bursts: share of datagrams lost after one was lost, in the place of `loss`. */
  readonly lossAfterLoss?: number;
  readonly delayMs?: number;
  /** Added to the delay, evenly from 0 to this. It reorders by itself where it exceeds the spacing. */
  readonly jitterMs?: number;
  /** Share of datagrams held back by `reorderMs`, so that later ones overtake them. */
  readonly reorder?: number;
  readonly reorderMs?: number;
  readonly duplicate?: number;
}

/**
 * Decides the fate of datagrams, the same for the same seed. Each datagram draws the same number of chances, so that
 * another share of one thing leaves all other fates as they were.
 */
export class Impairment {
  readonly #settings: Required<ImpairmentSettings>;
  readonly #random: () => number;
  #lostLast = false;
  #passed = 0;
  #lost = 0;

  constructor(settings: ImpairmentSettings, seed: number) {
    const { loss = 0, delayMs = 0, jitterMs = 0, reorder = 0, reorderMs = 10, duplicate = 0 } = settings;
    const { lossAfterLoss = loss } = settings;
    this.#settings = { loss, lossAfterLoss, delayMs, jitterMs, reorder, reorderMs, duplicate };
    this.#random = seeded(seed);
  }

  get passed(): number {
    return this.#passed;
  }

  get lost(): number {
    return this.#lost;
  }

  /** Delays in ms after which the next datagram's copies leave; empty: it is lost. */
  next(): readonly number[] {
    const { loss, lossAfterLoss, delayMs, jitterMs, reorder, reorderMs, duplicate } = this.#settings;
    const [falls, wobbles, held, doubled, wobblesAgain] = Array.from({ length: 5 }, this.#random);
    this.#lostLast = (falls ?? 0) < (this.#lostLast ? lossAfterLoss : loss);
    if (this.#lostLast) {
      this.#lost += 1;
      return [];
    }
    this.#passed += 1;
    const first = delayMs + (wobbles ?? 0) * jitterMs + ((held ?? 0) < reorder ? reorderMs : 0);
    return (doubled ?? 0) < duplicate ? [first, delayMs + (wobblesAgain ?? 0) * jitterMs] : [first];
  }
}

/** Evenly in [0, 1), the same for the same seed (mulberry32, public domain). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
