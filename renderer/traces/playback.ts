/** Sums of the player. Times are ms since the call's start. */

export type Side = 'caller' | 'bot';

export interface SideState {
  readonly muted: boolean;
  readonly solo: boolean;
}

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;
export type Rate = (typeof RATES)[number];

export const JUMP_MS = 5000;
/** So near to a turn's beginning, "back" means the turn before it. */
const JUST_BEGUN_MS = 800;

/** Whether a side is heard: a side that is muted never is, and while any is solo only those are. */
export function isHeard(sides: Readonly<Record<Side, SideState>>, side: Side): boolean {
  const anySolo = sides.caller.solo || sides.bot.solo;
  return !sides[side].muted && (sides[side].solo || !anySolo);
}

export function within(ms: number, durationMs: number): number {
  return Math.min(Math.max(0, ms), Math.max(0, durationMs));
}

/** `starts`: where turns begin, in their order. null: there is none after. */
export function nextTurn(starts: readonly number[], at: number): number | null {
  return starts.find((start) => start > at + 1) ?? null;
}

/** The beginning of the turn at `at`, or of the one before it when that has only just begun; null: none. */
export function previousTurn(starts: readonly number[], at: number): number | null {
  return starts.findLast((start) => start < at - JUST_BEGUN_MS) ?? null;
}

/** The one after `rate`, or before it; the same at either end. */
export function rateStep(rate: Rate, by: 1 | -1): Rate {
  return RATES[RATES.indexOf(rate) + by] ?? rate;
}

/** The last of those that begin at or before `at`; `items` in the order of their beginnings. null: none. */
export function lastBegun<Item extends { readonly at: number }>(
  items: readonly Item[],
  at: number,
): Item | null {
  return items.findLast((item) => item.at <= at) ?? null;
}

/** Mean power of both sides in [from, to) of levels in dBFS, caller and bot in turn; null: silence, or unknown. */
export function meanLevels(
  { everyMs, values }: { readonly everyMs: number; readonly values: Float32Array },
  from: number,
  to: number,
): { readonly callerDb: number | null; readonly botDb: number | null } {
  const first = Math.max(0, Math.floor(from / everyMs));
  const last = Math.min(Math.floor(values.length / 2), Math.max(first + 1, Math.ceil(to / everyMs)));
  const mean = (side: 0 | 1): number | null => {
    let power = 0;
    for (let i = first; i < last; i += 1) {
      const db = values[2 * i + side] ?? Number.NEGATIVE_INFINITY;
      if (db > SILENCE_DB) power += 10 ** (db / 10);
    }
    return power === 0 ? null : 10 * Math.log10(power / (last - first));
  };
  return { callerDb: mean(0), botDb: mean(1) };
}

/** Digital silence is written as some such level. */
const SILENCE_DB = -95;
