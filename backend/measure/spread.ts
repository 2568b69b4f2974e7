import { MIN_EVENTS_FOR_RATE, type Spread } from '../contract/traces.ts';

/** On either side of an interval of 95 %. */
const TAIL = 0.025;

/** The distribution of some measured values; null when there are none. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  return {
    count: sorted.length,
    min,
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    max,
    ci95: medianInterval(sorted),
  };
}

/** The smallest value that at least `percent` of them do not exceed: nearest rank, one that was really measured. */
function percentile(sorted: readonly number[], percent: number): number {
  return at(sorted, Math.max(1, Math.ceil((sorted.length * percent) / 100)));
}

/**
 * Values between which the median of what was sampled lies with 95 % confidence, whatever its distribution: so many of
 * n values are below the median as heads fall in n throws of a coin, and the ranks leave out what has less than 2.5 %
 * on either side (order statistics; Conover, Practical Nonparametric Statistics, section 3.2).
 */
function medianInterval(sorted: readonly number[]): readonly [number, number] | null {
  const n = sorted.length;
  if (n < MIN_EVENTS_FOR_RATE) return null;
  // In logarithms: 2 to the power of -n is no number any more where n is large.
  let logShare = -n * Math.LN2;
  let below = Math.exp(logShare);
  let rank = 0;
  while (below <= TAIL) {
    rank += 1;
    logShare += Math.log((n - rank + 1) / rank);
    below += Math.exp(logShare);
  }
  return [at(sorted, rank), at(sorted, n + 1 - rank)];
}

/** By rank, from 1. */
function at(sorted: readonly number[], rank: number): number {
  return sorted[rank - 1] ?? NaN;
}
