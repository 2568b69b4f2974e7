import type { Clock } from '../base/clock.ts';
import type { Histogram } from '../base/histogram.ts';

/** All calls of a worker leave on multiples of this, so that they share its wake-ups and batches. */
export const SLOT_MS = 5;
const PHASES = 4;

/** Something sent at fixed intervals: a call. */
export interface Paced {
  /** A multiple of 5. */
  readonly intervalMs: number;
  /**
   * Send now. `dueAt`: the tick on the grid, never after `now`; `skipped`: whole ticks since the last call that
   * went by unsent, because the thread was held up.
   */
  due(dueAt: number, now: number, skipped: number): void;
  /** due() threw; it is not called again. */
  failed(error: unknown): void;
}

/** Due times at origin + n * interval: an absolute grid, exact after any number of ticks. */
export class Grid {
  readonly #originMs: number;
  readonly #intervalMs: number;
  #tick = 0;

  constructor(originMs: number, intervalMs: number) {
    this.#originMs = originMs;
    this.#intervalMs = intervalMs;
  }

  /** When the next tick is due. */
  get dueAt(): number {
    return this.#originMs + this.#tick * this.#intervalMs;
  }

  /** How many ticks were due before the latest that is due at `now`. */
  missedBy(now: number): number {
    return Math.max(0, Math.floor((now - this.dueAt) / this.#intervalMs));
  }

  advance(ticks: number): void {
    this.#tick += ticks;
  }
}

class Line {
  readonly paced: Paced;
  readonly grid: Grid;
  readonly phase: number;

  constructor(paced: Paced, originMs: number, phase: number) {
    this.paced = paced;
    this.grid = new Grid(originMs, paced.intervalMs);
    this.phase = phase;
  }
}

/**
 * Which calls are due when; no timers. Calls are spread over four phases of 5 ms. After a stall each call gets one
 * tick, the latest that is due, and is told how many it missed: never a burst.
 */
export class Schedule {
  readonly #originMs: number;
  readonly #lines = new Set<Line>();
  readonly #phaseLoad = new Uint32Array(PHASES);
  #skipped = 0;

  constructor(originMs: number) {
    // Whole milliseconds, so that sums of due times are exact and compare equal to slots.
    this.#originMs = Math.floor(originMs);
  }

  get size(): number {
    return this.#lines.size;
  }

  /** Ticks of all calls that went by unsent. */
  get skipped(): number {
    return this.#skipped;
  }

  /** From the next slot of the least loaded phase on. Returns a function that removes it. */
  add(paced: Paced, now: number): () => void {
    if (paced.intervalMs <= 0 || paced.intervalMs % SLOT_MS !== 0) {
      throw new RangeError(`an interval of ${paced.intervalMs} ms is not a multiple of ${SLOT_MS}`);
    }
    const phase = this.#phaseLoad.indexOf(Math.min(...this.#phaseLoad));
    const next = this.#slotIndex(now) + 1;
    const slot = next + ((((phase - next) % PHASES) + PHASES) % PHASES);
    const line = new Line(paced, this.#originMs + slot * SLOT_MS, phase);
    this.#lines.add(line);
    this.#phaseLoad[phase] = (this.#phaseLoad[phase] ?? 0) + 1;
    return () => this.#remove(line);
  }

  /** Start of the slot that `now` lies in. */
  slotAt(now: number): number {
    return this.#originMs + this.#slotIndex(now) * SLOT_MS;
  }

  anyDueAt(at: number): boolean {
    for (const line of this.#lines) if (line.grid.dueAt <= at) return true;
    return false;
  }

  /** Serves every call that is due. `deviation` gets how long after its tick each has sent. */
  serve(clock: Clock, deviation: Histogram): void {
    let now = clock.now();
    for (const line of this.#lines) {
      const { grid, paced } = line;
      if (grid.dueAt > now) continue;
      const missed = grid.missedBy(now);
      grid.advance(missed);
      this.#skipped += missed;
      const { dueAt } = grid;
      grid.advance(1);
      try {
        paced.due(dueAt, now, missed);
      } catch (error) {
        this.#remove(line);
        paced.failed(error);
      }
      now = clock.now();
      deviation.add(now - dueAt);
    }
  }

  #slotIndex(now: number): number {
    return Math.floor((now - this.#originMs) / SLOT_MS);
  }

  #remove(line: Line): void {
    if (!this.#lines.delete(line)) return;
    this.#phaseLoad[line.phase] = (this.#phaseLoad[line.phase] ?? 0) - 1;
  }
}
