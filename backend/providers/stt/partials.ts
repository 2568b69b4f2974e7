/**
 * When to transcribe a growing segment for a partial result, with a provider that does not stream: at a bounded
 * rate, with a bounded share of the provider's time, and not at all where one transcript takes too long to be of
 * use. Pure: the times are the caller's.
 */

export interface PartialsPolicy {
  /** Least time between the starts of two partials. */
  readonly minIntervalMs: number;
  /** Least time between two starts as a multiple of how long the last one took: 3 uses a third of the provider. */
  readonly timesLast: number;
  /** A provider slower than this gives no partials for the rest of the segment. */
  readonly giveUpAboveMs: number;
}

export const DEFAULT_PARTIALS: PartialsPolicy = { minIntervalMs: 500, timesLast: 3, giveUpAboveMs: 1000 };

export interface PartialsState {
  /** Clock ms of the next start; Infinity: none any more. */
  readonly nextAt: number;
  /** Clock ms at which the one under way started; null: none is. */
  readonly runningSince: number | null;
}

/** The segment began at `now`: the first partial is due after one interval. */
export function startPartials(now: number, policy: PartialsPolicy): PartialsState {
  return { nextAt: now + policy.minIntervalMs, runningSince: null };
}

export function partialDue(state: PartialsState, now: number): boolean {
  return state.runningSince === null && now >= state.nextAt;
}

export function partialStarted(state: PartialsState, now: number): PartialsState {
  return { ...state, runningSince: now };
}

/** The one under way has ended, with a result or without. */
export function partialEnded(state: PartialsState, now: number, policy: PartialsPolicy): PartialsState {
  if (state.runningSince === null) return state;
  const took = now - state.runningSince;
  const interval =
    took > policy.giveUpAboveMs ? Infinity : Math.max(policy.minIntervalMs, policy.timesLast * took);
  return { nextAt: state.runningSince + interval, runningSince: null };
}
