/** Whole milliseconds, with a true minus. */
export function figure(ms: number): string {
  return Math.round(ms).toString().replace('-', '−');
}

/** The same with its sign: what one side has more than the other. */
export function signed(ms: number): string {
  return Math.round(ms) > 0 ? `+${figure(ms)}` : figure(ms);
}
