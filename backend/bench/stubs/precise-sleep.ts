import type { Scope } from '../../base/scope.ts';

/** How late Node's timers may be. */
const TIMER_SLACK_MS = 2;

/**
 * Sleeps until performance.now() reaches `due`, exact to a fraction of a millisecond: by a timer most of the way,
 * then turn by turn of the event loop, of which it takes
 * at least one. Never wakes when the scope closes first.
 */
export async function sleepUntil(scope: Scope, due: number): Promise<void> {
  const timed = due - performance.now() - TIMER_SLACK_MS;
  if (timed >= 1) await new Promise<void>((resolve) => void scope.after(timed, resolve));
  do {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  } while (performance.now() < due);
}
