import { describe, expect, it } from 'vitest';
import {
  partialDue,
  partialEnded,
  partialStarted,
  startPartials,
  type PartialsPolicy,
  type PartialsState,
} from './partials.ts';

const policy: PartialsPolicy = { minIntervalMs: 500, timesLast: 3, giveUpAboveMs: 1000 };

/** Starts of the partials of a segment of 10 s, asked for every 20 ms, with a provider that takes `tookMs`. */
function startsWith(tookMs: number): number[] {
  const starts: number[] = [];
  let state: PartialsState = startPartials(0, policy);
  for (let now = 0; now <= 10_000; now += 20) {
    if (state.runningSince !== null && now - state.runningSince >= tookMs) {
      state = partialEnded(state, now, policy);
    }
    if (partialDue(state, now)) {
      starts.push(now);
      state = partialStarted(state, now);
    }
  }
  return starts;
}

describe('partials of a provider that does not stream', () => {
  it('come at the least interval when the provider is fast', () => {
    expect(startsWith(100).slice(0, 4)).toEqual([500, 1000, 1500, 2000]);
  });

  it('use at most a third of the provider', () => {
    expect(startsWith(400).slice(0, 4)).toEqual([500, 1700, 2900, 4100]);
  });

  it('stop after one that took too long', () => {
    expect(startsWith(1200)).toEqual([500]);
  });

  it('never overlap', () => {
    const running = partialStarted(startPartials(0, policy), 500);
    expect(partialDue(running, 60_000)).toBe(false);
  });
});
