/**
 * The smallest of `samples` that at least `percent` (0..100) of them do not exceed: the nearest rank, a value that was
 * really measured. null when there are none.
 */
export function percentile(samples: readonly number[], percent: number): number | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((sorted.length * percent) / 100));
  return sorted[rank - 1] ?? null;
}

export interface Spread {
  readonly n: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export function spread(samples: readonly number[]): Spread {
  return {
    n: samples.length,
    p50: percentile(samples, 50),
    p95: percentile(samples, 95),
    p99: percentile(samples, 99),
    max: percentile(samples, 100),
  };
}

/** A single figure in the place of a spread: a sum, a count, a rate. */
export function single(value: number, n = 1): Spread {
  return { n, p50: value, p95: null, p99: null, max: null };
}
