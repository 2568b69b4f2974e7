import type { TraceEntry, TraceState } from '../../backend/contract/traces.ts';

/** Which traces the table shows, and in which order. */

export const COLUMNS = [
  'started',
  'party',
  'peer',
  'length',
  'turns',
  'interruptions',
  'worst',
  'state',
  'notes',
] as const;
export type Column = (typeof COLUMNS)[number];

export interface Sorting {
  readonly column: Column;
  readonly descending: boolean;
}

export interface Filter {
  /** Words that were said, or of who was on the call: all of them must be there. */
  readonly search: string;
  /** '': any. */
  readonly party: string;
  readonly state: TraceState | 'any';
  /** Only calls in which an answer took at least this long, ms; null: all. */
  readonly worstOver: number | null;
  readonly pinned: boolean;
}

export const NO_FILTER: Filter = { search: '', party: '', state: 'any', worstOver: null, pinned: false };

/** The order of the states when sorted by: what asks for attention last. */
const STATES: readonly TraceState[] = ['complete', 'going_on', 'cut', 'abrupt', 'damaged'];

export function isFiltered(filter: Filter): boolean {
  return (
    wordsOf(filter.search).length > 0 ||
    filter.party !== '' ||
    filter.state !== 'any' ||
    filter.worstOver !== null ||
    filter.pinned
  );
}

export function filtered(entries: readonly TraceEntry[], filter: Filter): readonly TraceEntry[] {
  if (!isFiltered(filter)) return entries;
  const words = wordsOf(filter.search);
  return entries.filter((entry) => {
    if (filter.party !== '' && entry.party !== filter.party) return false;
    if (filter.state !== 'any' && entry.state !== filter.state) return false;
    if (filter.pinned && !entry.pinned) return false;
    if (filter.worstOver !== null && (entry.worstLatencyMs ?? -1) < filter.worstOver) return false;
    if (words.length === 0) return true;
    const text = searchable(entry);
    return words.every((word) => text.includes(word));
  });
}

/** Unknown values come last in either direction; equals stay newest first. */
export function sorted(
  entries: readonly TraceEntry[],
  { column, descending }: Sorting,
): readonly TraceEntry[] {
  const sign = descending ? -1 : 1;
  return entries.toSorted((one, other) => {
    const [left, right] = [valueOf(one, column), valueOf(other, column)];
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
    } else {
      const order =
        typeof left === 'string' || typeof right === 'string'
          ? COLLATOR.compare(String(left), String(right))
          : left - right;
      if (order !== 0) return sign * order;
    }
    return other.startedMs - one.startedMs;
  });
}

/** What clicking a column's head makes of the order: names begin at A, figures with the greatest. */
export function sortedBy(before: Sorting, column: Column): Sorting {
  if (before.column === column) return { column, descending: !before.descending };
  return { column, descending: column !== 'party' && column !== 'peer' };
}

/** The parties of these traces, by name. */
export function partiesOf(entries: readonly TraceEntry[]): readonly string[] {
  return [...new Set(entries.map(({ party }) => party))].toSorted(COLLATOR.compare);
}

/** What `trace` can be compared with: the nearer its kin, the earlier; among equals newest first, as they come. */
export function otherTraces(
  entries: readonly TraceEntry[],
  trace: TraceEntry,
  search: string,
): readonly TraceEntry[] {
  const kinship = (other: TraceEntry): number => {
    if (other.replayOf === trace.id || other.id === trace.replayOf) return 0;
    if (trace.replayOf !== null && other.replayOf === trace.replayOf) return 1;
    return other.party === trace.party ? 2 : 3;
  };
  return filtered(entries, { ...NO_FILTER, search })
    .filter((other) => other.id !== trace.id && other.state !== 'going_on')
    .toSorted((one, other) => kinship(one) - kinship(other));
}

/** What was said around the first word that was searched for, cut into what matches and what does not. */
export function excerpt(
  text: string,
  search: string,
): readonly { readonly text: string; readonly match: boolean }[] {
  const words = wordsOf(search);
  const lower = text.toLowerCase();
  const places = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
  // Lower case may be longer than what it was made of (the Turkish İ): the places would not be true.
  if (places.length === 0 || lower.length !== text.length)
    return [{ text: text.slice(0, SHOWN), match: false }];
  const first = Math.min(...places);
  const from = first <= BEFORE ? 0 : text.lastIndexOf(' ', first - BEFORE) + 1;
  const shown = text.slice(from, from + SHOWN);
  const parts: { text: string; match: boolean }[] = [];
  if (from > 0) parts.push({ text: '… ', match: false });
  for (let at = 0; at < shown.length;) {
    const next = nextMatch(shown.toLowerCase(), words, at);
    if (next === null) {
      parts.push({ text: shown.slice(at), match: false });
      break;
    }
    if (next.at > at) parts.push({ text: shown.slice(at, next.at), match: false });
    parts.push({ text: shown.slice(next.at, next.at + next.length), match: true });
    at = next.at + next.length;
  }
  return parts;
}

const SHOWN = 240;
/** Characters before the match that may be seen. */
const BEFORE = 16;
const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Made once for each entry: thousands of calls hold megabytes of text. */
const texts = new WeakMap<TraceEntry, string>();

function searchable(entry: TraceEntry): string {
  let text = texts.get(entry);
  if (text === undefined) {
    text = `${entry.party}\n${entry.peer}\n${entry.id}\n${entry.text}`.toLowerCase();
    texts.set(entry, text);
  }
  return text;
}

function wordsOf(search: string): readonly string[] {
  return search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

function nextMatch(
  text: string,
  words: readonly string[],
  from: number,
): { readonly at: number; readonly length: number } | null {
  let found: { at: number; length: number } | null = null;
  for (const word of words) {
    const at = text.indexOf(word, from);
    if (at >= 0 && (found === null || at < found.at)) found = { at, length: word.length };
  }
  return found;
}

function valueOf(entry: TraceEntry, column: Column): string | number | null {
  switch (column) {
    case 'started':
      return entry.startedMs;
    case 'party':
      return entry.party;
    case 'peer':
      return entry.peer;
    case 'length':
      return entry.durationMs;
    case 'turns':
      return entry.turns;
    case 'interruptions':
      return entry.interruptions;
    case 'worst':
      return entry.worstLatencyMs;
    case 'state':
      return STATES.indexOf(entry.state);
    case 'notes':
      return (entry.pinned ? 1_000_000 : 0) + entry.notes;
  }
}
