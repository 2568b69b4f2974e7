import { describe, expect, it } from 'vitest';
import { messagesOf, rungsOf, titleOf, type LadderMessage } from './ladder-rungs.ts';

it.each([
  ['INVITE sip:bob@example.com SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n', 'INVITE sip:bob@example.com'],
  ['SIP/2.0 180 Ringing\r\nVia: x\r\nCSeq: 1 INVITE\r\n\r\n', '180 Ringing (INVITE)'],
  ['SIP/2.0 200 OK\ncseq : 22\tBYE\n\n', '200 OK (BYE)'],
  ['SIP/2.0 400 Bad', '400 Bad'],
  ['', ''],
])('titles %j', (text, title) => expect(titleOf(text)).toBe(title));

describe('rungs', () => {
  const message = (at: number, text: string): LadderMessage => ({
    at,
    direction: 'out',
    transport: 'udp',
    local: '10.0.0.2:5060',
    remote: '10.0.0.1:5060',
    repeated: false,
    text,
  });

  it('are in the order of time, counted from the first', () => {
    const rungs = rungsOf([message(1500.5, 'ACK x SIP/2.0'), message(1000, 'INVITE x SIP/2.0')]);
    expect(rungs.map(({ title, afterMs }) => [title, afterMs])).toEqual([
      ['INVITE x', 0],
      ['ACK x', 500.5],
    ]);
  });

  it('come from the events of a trace, also before its start', () => {
    const { at: offset_ms, ...rest } = message(-120, 'BYE x SIP/2.0');
    const events = [
      { type: 'sip.message', v: 2, call: 'a', at: 0, seq: 0, offset_ms, ...rest },
      { type: 'call.muted', v: 2, call: 'a', at: 1, seq: 1, on: true },
    ] as const;
    expect(messagesOf(events)).toEqual([message(-120, 'BYE x SIP/2.0')]);
  });
});
