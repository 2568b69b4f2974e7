/** What a meter shows at its left end. */
const FLOOR_DB = -60;
/** Share of the bar that is left after each renewal: it falls slowly enough to be read. */
const FALL = 0.85;

/** A peak of 0..1 as a meter's 0..1: by decibels, as ears hear. `before`: what it showed last. */
export function meterLevel(peak: number, before: number): number {
  const db = 20 * Math.log10(Math.max(peak, 1e-6));
  return Math.max(1 - Math.max(db, FLOOR_DB) / FLOOR_DB, before * FALL);
}
