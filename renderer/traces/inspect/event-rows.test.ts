import { describe, expect, it } from 'vitest';
import { EVENT_VERSION, type CallEvent, type CallEventBody } from '../../../backend/contract/events.ts';
import { eventRows, matching } from './event-rows.ts';

const event = (seq: number, body: CallEventBody): CallEvent => ({
  v: EVENT_VERSION,
  seq,
  at: seq * 1500,
  call: 'c',
  ...body,
});

describe('event rows', () => {
  const rows = eventRows([
    event(0, { type: 'call.warning', code: 'record', message: 'The disk is full' }),
    event(1, { type: 'stt.partial', turn: 2, request: 0, text: 'half past' }),
  ]);

  it('say what the event says, without its stamp', () => {
    expect(rows.map(({ at, content }) => ({ at, content }))).toEqual([
      { at: 0, content: 'code="record" message="The disk is full"' },
      { at: 1.5, content: 'turn=2 request=0 text="half past"' },
    ]);
  });

  it.each([
    ['', 2],
    ['stt', 1],
    ['DISK warning', 1],
    ['disk stt', 0],
  ])('found by "%s": %d', (filter, count) => {
    expect(matching(rows, filter)).toHaveLength(count);
  });
});
