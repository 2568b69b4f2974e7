import { expect, it } from 'vitest';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { withChanges } from './traces.ts';

function entry(id: string, startedMs: number): TraceEntry {
  return {
    id,
    startedMs,
    origin: 'call',
    replayOf: null,
    party: 'Ada',
    peer: '10.0.0.5:4000',
    codec: 'PCMU',
    durationMs: null,
    state: 'going_on',
    turns: 0,
    interruptions: 0,
    worstLatencyMs: null,
    text: '',
    bytes: 0,
    pinned: false,
    notes: 0,
  };
}

it('takes in what is new, changed or gone, and keeps the newest first', () => {
  const before = [entry('c', 3), entry('b', 2), entry('a', 1)];
  const ended: TraceEntry = { ...entry('b', 2), state: 'complete' };
  const after = withChanges(before, [
    { id: 'b', entry: ended },
    { id: 'c', entry: null },
    { id: 'd', entry: entry('d', 4) },
    { id: 'unknown', entry: null },
  ]);
  expect(after.map(({ id }) => id)).toEqual(['d', 'b', 'a']);
  expect(after[1]).toBe(ended);
  expect(before).toHaveLength(3);
});
