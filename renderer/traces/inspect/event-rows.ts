import type { CallEvent } from '../../../backend/contract/events.ts';

export interface EventRow {
  readonly event: CallEvent;
  /** ms since the call's start. */
  readonly at: number;
  /** What it says besides its kind, in one line. */
  readonly content: string;
}

/** What every event has; a row shows it elsewhere, or not at all. */
const STAMP = new Set(['v', 'seq', 'at', 'call', 'type']);
const LONGEST = 300;

export function eventRows(events: readonly CallEvent[]): EventRow[] {
  return events.map((event) => {
    const said = Object.entries(event).filter(([key]) => !STAMP.has(key));
    const content = said.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ');
    return { event, at: event.at / 1000, content: content.slice(0, LONGEST) };
  });
}

/** Rows that have every word of `filter` in their kind or content. */
export function matching(rows: readonly EventRow[], filter: string): readonly EventRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter(({ event, content }) => {
    const text = `${event.type} ${content}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
