import { describe, expect, it } from 'vitest';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { excerpt, filtered, NO_FILTER, otherTraces, partiesOf, sorted, sortedBy } from './listing.ts';

function entry(id: string, change: Partial<TraceEntry> = {}): TraceEntry {
  return {
    id,
    startedMs: Number(id),
    origin: 'call',
    replayOf: null,
    party: 'Ada',
    peer: '10.0.0.5:4000',
    codec: 'PCMU',
    durationMs: 60_000,
    state: 'complete',
    turns: 3,
    interruptions: 0,
    worstLatencyMs: 900,
    text: 'I would like to book a table',
    bytes: 1,
    pinned: false,
    notes: 0,
    ...change,
  };
}

const ids = (entries: readonly TraceEntry[]): readonly string[] => entries.map(({ id }) => id);

describe('the filter', () => {
  const entries = [
    entry('4', { text: 'Столик на двоих', party: 'Борис' }),
    entry('3', { state: 'abrupt', worstLatencyMs: null }),
    entry('2', { worstLatencyMs: 2400, pinned: true }),
    entry('1', { peer: '192.168.1.7:5060' }),
  ];
  const shown = (change: Partial<typeof NO_FILTER>): readonly string[] =>
    ids(filtered(entries, { ...NO_FILTER, ...change }));

  it('finds all words, in any order and case, in what was said and in who was on the call', () => {
    expect(shown({ search: 'TABLE  book' })).toEqual(['3', '2', '1']);
    expect(shown({ search: 'столик' })).toEqual(['4']);
    expect(shown({ search: '192.168 ada' })).toEqual(['1']);
    expect(shown({ search: 'table window' })).toEqual([]);
  });

  it('goes by party, state, pin, and the worst answer', () => {
    expect(shown({ party: 'Борис' })).toEqual(['4']);
    expect(shown({ state: 'abrupt' })).toEqual(['3']);
    expect(shown({ pinned: true })).toEqual(['2']);
    expect(shown({ worstOver: 1000 })).toEqual(['2']);
    expect(shown({ worstOver: 0 })).toEqual(['4', '2', '1']);
  });

  it('leaves the list as it is when nothing is asked', () => {
    expect(filtered(entries, { ...NO_FILTER, search: '  ' })).toBe(entries);
  });
});

describe('the order', () => {
  it('puts what is unknown last in either direction', () => {
    const entries = [entry('1', { worstLatencyMs: null }), entry('2'), entry('3', { worstLatencyMs: 50 })];
    expect(ids(sorted(entries, { column: 'worst', descending: false }))).toEqual(['3', '2', '1']);
    expect(ids(sorted(entries, { column: 'worst', descending: true }))).toEqual(['2', '3', '1']);
  });

  it('keeps equals newest first', () => {
    const entries = [entry('1'), entry('3'), entry('2')];
    expect(ids(sorted(entries, { column: 'turns', descending: true }))).toEqual(['3', '2', '1']);
    expect(ids(sorted(entries, { column: 'turns', descending: false }))).toEqual(['3', '2', '1']);
  });

  it('reads numbers in addresses as numbers', () => {
    const entries = [entry('1', { peer: '10.0.0.12:1' }), entry('2', { peer: '10.0.0.9:1' })];
    expect(ids(sorted(entries, { column: 'peer', descending: false }))).toEqual(['2', '1']);
  });

  it('turns round when the same column is asked for again', () => {
    const byTime = { column: 'started', descending: true } as const;
    expect(sortedBy(byTime, 'started')).toEqual({ column: 'started', descending: false });
    expect(sortedBy(byTime, 'party')).toEqual({ column: 'party', descending: false });
    expect(sortedBy(byTime, 'worst')).toEqual({ column: 'worst', descending: true });
  });
});

it('names each party once', () => {
  expect(partiesOf([entry('1'), entry('2', { party: 'Zoe' }), entry('3')])).toEqual(['Ada', 'Zoe']);
});

it('offers for comparison its kin first', () => {
  const trace = entry('5', { origin: 'replay', replayOf: '1' });
  const entries = [
    entry('7', { party: 'Zoe' }),
    entry('6', { state: 'going_on' }),
    trace,
    entry('4'),
    entry('3', { origin: 'replay', replayOf: '1' }),
    entry('2', { text: 'something else' }),
    entry('1'),
  ];
  expect(ids(otherTraces(entries, trace, ''))).toEqual(['1', '3', '4', '2', '7']);
  expect(ids(otherTraces(entries, trace, 'something'))).toEqual(['2']);
});

describe('an excerpt', () => {
  const joined = (parts: ReturnType<typeof excerpt>): string =>
    parts.map(({ text, match }) => (match ? `[${text}]` : text)).join('');

  it('marks what was searched for', () => {
    expect(joined(excerpt('Book a table. The table is booked.', 'table book'))).toBe(
      '[Book] a [table]. The [table] is [book]ed.',
    );
  });

  it('begins a little before the first match of a long text', () => {
    const text = `${'well '.repeat(40)}a window seat please`;
    expect(joined(excerpt(text, 'window'))).toBe('… well well well a [window] seat please');
  });

  it('is the beginning where nothing matches', () => {
    expect(joined(excerpt('Hello there', 'absent'))).toBe('Hello there');
    expect(joined(excerpt('', ''))).toBe('');
  });
});
