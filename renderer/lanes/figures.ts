/** Figures as a person reads them, without their units. */

export function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 3 : 1);
}

export function decibels(db: number): string {
  return db.toFixed(1).replace('-', '−');
}

/** Finer the smaller it is. */
export function milliseconds(ms: number): string {
  return ms.toFixed(Math.abs(ms) < 100 ? 1 : 0);
}
