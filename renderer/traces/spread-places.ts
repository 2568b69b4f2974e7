import type { Spread } from '../../backend/contract/traces.ts';

/** Where the median and its confidence interval stand between the least and the greatest value, 0..1. */
export function spreadPlaces({ min, max, p50, ci95 }: Pick<Spread, 'min' | 'max' | 'p50' | 'ci95'>): {
  readonly median: number;
  readonly interval: { readonly left: number; readonly width: number } | null;
} {
  const place = (value: number): number =>
    max === min ? 0.5 : Math.min(1, Math.max(0, (value - min) / (max - min)));
  if (ci95 === null) return { median: place(p50), interval: null };
  const [low, high] = ci95;
  return { median: place(p50), interval: { left: place(low), width: place(high) - place(low) } };
}
