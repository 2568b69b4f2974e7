import { describe, expect, it } from 'vitest';
import { EVENT_VERSION, type CallEvent, type CallEventBody } from '../../../backend/contract/events.ts';
import { pageOf, troubleIn } from './wire.ts';

describe('pageOf', () => {
  it.each([0, 1, 1999, 2000, 3999, 12_345.6])('has moment %d well inside', (ms) => {
    const { from, to } = pageOf(ms);
    expect(from).toBeLessThanOrEqual(Math.max(0, ms - 1000));
    expect(to).toBeGreaterThan(ms + 1000);
  });
});

describe('troubleIn', () => {
  const events = (
    [
      [0, { type: 'caller.aligned', offset: 8000, from: 0 }],
      [1500, { type: 'rtp.concealed', from: 4000, to: 4320 }],
      [2500, { type: 'engine.stalled', late_ms: 31 }],
      [2600, { type: 'engine.stalled', late_ms: 12 }],
    ] satisfies [number, CallEventBody][]
  ).map(([ms, body], seq): CallEvent => ({ v: EVENT_VERSION, seq, at: ms * 1000, call: 'c', ...body }));

  it('counts what lies in the stretch, where it lies in the call', () => {
    expect(troubleIn(events, 0, 10_000)).toEqual({ concealed: 1, concealedMs: 40, stalls: 2, latestMs: 31 });
    expect(troubleIn(events, 1510, 1520).concealed).toBe(1);
    expect(troubleIn(events, 0, 1500).concealed).toBe(0);
    expect(troubleIn(events, 2550, 10_000)).toMatchObject({ concealed: 0, stalls: 1, latestMs: 12 });
  });
});
