/** Ended calls that stay on show, and are kept for a window that opens later; older ones are in their records only. */
const ENDED_KEPT = 12;

/** Of calls that have ended, in the order of their starts, those that go. */
export function outdated<Call>(ended: readonly Call[]): readonly Call[] {
  return ended.slice(0, Math.max(0, ended.length - ENDED_KEPT));
}
