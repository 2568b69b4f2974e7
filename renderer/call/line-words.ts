import { unreachable } from '../../backend/base/errors.ts';
import type { LineEnd, LineView } from '../../backend/contract/sip.ts';
import type { LineTexts } from './line-text.ts';

/** What a line is doing, by name: the word for it is in lineText, its colour in call.css. */
export type LineStateName =
  'calling' | 'ringing' | 'early' | 'incomingState' | 'onHold' | 'heldByThem' | 'over';

/** What signalling makes of a call; null: it goes on, and what is said says more. */
export function lineState({ state, heldByUs, heldByThem }: LineView): LineStateName | null {
  switch (state) {
    case 'calling':
    case 'ringing':
    case 'early':
      return state;
    case 'incoming':
      return 'incomingState';
    case 'connected':
      if (heldByUs) return 'onHold';
      return heldByThem ? 'heldByThem' : null;
    case 'ended':
      return 'over';
    default:
      return unreachable(state);
  }
}

/** Final responses of RFC 3261 that a person meets. */
const CODES: Readonly<Record<number, (t: LineTexts) => string>> = {
  401: (t) => t.endForbidden,
  403: (t) => t.endForbidden,
  404: (t) => t.endNotFound,
  408: (t) => t.endNoAnswer,
  480: (t) => t.endUnavailable,
  484: (t) => t.endNotFound,
  486: (t) => t.endBusy,
  487: (t) => t.endCancelled,
  488: (t) => t.endNoCodec,
  600: (t) => t.endBusy,
  603: (t) => t.endDeclined,
  604: (t) => t.endNotFound,
  606: (t) => t.endNoCodec,
};

/** Why a call ended; what has no common words is shown as signalling has it. */
export function endWords(end: LineEnd, t: LineTexts): string {
  if (end.missed) return t.endMissed;
  if (end.by === 'network') return end.reason;
  if (end.code !== null) {
    const words = CODES[end.code]?.(t);
    return words === undefined ? end.reason : t.withCode(words, end.code);
  }
  if (!/^(hung up|hung up in the window)$/.test(end.reason)) return end.reason;
  return end.by === 'us' ? t.endUs : t.endThem;
}

/** How long ago: the time today, else the day, short. `now` and `at`: epoch ms. */
export function when(at: number, now: number, language: string, t: Pick<LineTexts, 'yesterday'>): string {
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0) return new Date(at).toLocaleTimeString(language, { timeStyle: 'short' });
  if (days === 1) return t.yesterday;
  return new Date(at).toLocaleDateString(language, { day: 'numeric', month: 'short' });
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
