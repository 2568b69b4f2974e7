import { expect, it } from 'vitest';
import type { CallEvent } from '../../backend/contract/events.ts';
import { foldConversation } from '../../backend/fold/conversation.ts';
import type { Conversation } from '../../backend/fold/types.ts';
import { statsText } from './line-stats-text.ts';
import { oneWayNow, statRows } from './line-stats-rows.ts';

const COMMON = { v: 2, call: 'a', seq: 0, at: 0 } as const;

const oneWay = (direction: 'in' | 'out'): CallEvent => ({
  ...COMMON,
  type: 'rtp.one_way',
  direction,
  silent_ms: 2000,
  expected: '10.0.0.1:4000',
  kind: 'firewall',
  hint: 'look there',
});
const resumed = (direction?: 'in' | 'out'): CallEvent => ({
  ...COMMON,
  type: 'rtp.resumed',
  silent_ms: 3000,
  ...(direction && { direction }),
});
const after = (...events: CallEvent[]): string | undefined =>
  oneWayNow(events.reduce<Conversation>(foldConversation, []))?.direction;

it('tells of one-way audio until that direction comes again', () => {
  expect(after()).toBeUndefined();
  expect(after(oneWay('in'))).toBe('in');
  expect(after(oneWay('in'), resumed())).toBeUndefined();
  expect(after(oneWay('out'), resumed('in'))).toBe('out');
  expect(after(oneWay('out'), resumed('out'), oneWay('in'))).toBe('in');
});

it('says what is not known', () => {
  const quality = {
    codec: 'PCMA',
    ptimeMs: 20,
    srtp: null,
    received: 0,
    sent: 50,
    lost: -1,
    lossPercent: 0,
    late: 0,
    concealedMs: 0,
    jitterMs: 1.26,
    roundTripMs: null,
    mos: null,
  };
  expect(statRows(quality, statsText.en).map(([, value]) => value)).toEqual([
    'PCMA, 20 ms a packet',
    'none',
    '0',
    '50',
    '1.3 ms',
    '0.0 % (0 lost, 0 late)',
    '0 ms',
    'no reports',
    '–',
  ]);
  const inRussian = statRows({ ...quality, lossPercent: 12.34, mos: 4.1 }, statsText.ru);
  expect(inRussian.map(([, value]) => value)).toEqual(
    expect.arrayContaining(['1,3 мс', '12,3 % (потеряно 0, опоздало 0)', '4,1']),
  );
});
