import { describe, expect, it } from 'vitest';
import type { TraceEntry } from '../contract/traces.ts';
import { expired } from './retention.ts';

const DAY_MS = 86_400_000;
const now = Date.parse('2026-11-23T12:00:00Z');
type Kept = Pick<TraceEntry, 'id' | 'startedMs' | 'bytes' | 'pinned' | 'state'>;

const entry = (id: string, days: number, bytes: number, change: Partial<Kept> = {}): Kept => ({
  id,
  startedMs: now - days * DAY_MS,
  bytes,
  pinned: false,
  state: 'complete',
  ...change,
});
const gone = (entries: readonly Kept[], keep_days: number | null, max_gb: number | null): string[] =>
  expired(entries, { keep_days, max_gb }, now).map(({ id }) => id);

describe('expired', () => {
  const entries = [entry('new', 0.1, 6e8), entry('old', 40, 1e8), entry('middle', 3, 6e8)];

  it.each([
    [null, null, []],
    [30, null, ['old']],
    [2, null, ['old', 'middle']],
    [null, 1.3, []],
    [null, 1.2, ['old']],
    [null, 1, ['old', 'middle']],
    [null, 0.5, ['old', 'middle', 'new']],
    [30, 1, ['old', 'middle']],
    [2, 1, ['old', 'middle']],
  ])('keeps %s days and %s GB', (days, gb, wanted) => {
    expect(gone(entries, days, gb)).toEqual(wanted);
  });

  it('lets pinned traces and those of calls going on stay, which take their share of the room', () => {
    const safe = [entry('pinned', 400, 9e8, { pinned: true }), entry('live', 50, 1e8, { state: 'going_on' })];
    expect(gone([...safe, ...entries], 30, 1.6)).toEqual(['old', 'middle']);
    expect(gone(safe, 30, 0.1)).toEqual([]);
  });

  it.each(['cut', 'abrupt', 'damaged'] as const)(
    'counts and deletes a trace that is %s as any other',
    (state) => {
      expect(gone([entry('half', 40, 1, { state })], 30, null)).toEqual(['half']);
      expect(gone([entry('half', 1, 2e9, { state })], null, 1)).toEqual(['half']);
    },
  );
});
