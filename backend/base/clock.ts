/** Monotonic time in milliseconds with fractions. Logic takes a clock, never reads one. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => performance.now() };

/** Milliseconds since 1970 on the monotonic clock: never jumps, unlike Date.now(). */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/** A clock that stands still until it is moved: what tests run on. */
export class ManualClock implements Clock {
  #now: number;

  constructor(startsAt = 0) {
    this.#now = startsAt;
  }

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    if (ms < 0) throw new RangeError(`a monotonic clock cannot go back (${ms} ms)`);
    this.#now += ms;
  }
}
