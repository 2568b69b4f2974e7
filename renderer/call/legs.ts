import { unreachable } from '../../backend/base/errors.ts';
import type { CallSummary } from '../../backend/fold/types.ts';
import { pairs } from '../../backend/fold/summary.ts';

/** One line of the list: a call of this engine with another, or both legs of a call that it has with itself. */
export interface CallRow {
  /** The leg on show: the bot's where there is one. */
  readonly shown: CallSummary;
  readonly other: CallSummary | null;
}

export type Control =
  'hang_up' | 'mute' | 'hold' | 'listen_in' | 'take_over' | 'say' | 'whisper' | 'keys' | 'mark';

/** Which leg a control acts on, or why it cannot act. */
export type Reach =
  | { readonly call: string; readonly reason: null }
  | { readonly call: null; readonly reason: 'ended' | 'no_bot' | 'you_are_the_caller' | 'you_speak' };

/** Calls in the order of their starts as rows: those going on first, the newest of each kind on top. */
export function callRows(summaries: readonly CallSummary[]): readonly CallRow[] {
  const others = pairs(summaries);
  const byId = new Map(summaries.map((summary) => [summary.id, summary]));
  const rows: CallRow[] = [];
  for (const summary of summaries.toReversed()) {
    const other = byId.get(others.get(summary.id) ?? '') ?? null;
    // Of two bots that talk to each other, each has its own row.
    if (other && !hasBot(summary) && (hasBot(other) || other.id < summary.id)) continue;
    rows.push({ shown: summary, other });
  }
  const isLive = ({ shown }: CallRow): boolean => shown.state === 'live';
  return [...rows.filter(isLive), ...rows.filter((row) => !isLive(row))];
}

export function hasBot({ party }: Pick<CallSummary, 'party'>): boolean {
  return party !== 'script' && party !== 'person';
}

export function reach(
  control: Control,
  shown: Pick<CallSummary, 'id' | 'party' | 'state' | 'takenOver'>,
  other: Pick<CallSummary, 'id' | 'party' | 'state'> | null,
): Reach {
  if (shown.state === 'ended') return no('ended');
  const person = other?.party === 'person' && other.state === 'live' ? other : null;
  switch (control) {
    case 'hang_up':
    case 'listen_in':
    case 'mark':
      return on(shown.id);
    case 'mute':
    case 'keys':
      return on((person ?? shown).id);
    case 'hold':
    case 'whisper':
      return hasBot(shown) ? on(shown.id) : no('no_bot');
    case 'say':
      if (!hasBot(shown)) return no('no_bot');
      return shown.takenOver ? no('you_speak') : on(shown.id);
    case 'take_over':
      if (!hasBot(shown)) return no('no_bot');
      return person ? no('you_are_the_caller') : on(shown.id);
    default:
      return unreachable(control);
  }
}

function on(call: string): Reach {
  return { call, reason: null };
}

function no(reason: Exclude<Reach['reason'], null>): Reach {
  return { call: null, reason };
}
