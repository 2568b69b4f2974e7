import { describe, expect, it } from 'vitest';
import type { CallEvent } from '../contract/events.ts';
import { log, story } from './fixtures/logs.ts';
import { foldSummary, pairs } from './summary.ts';
import type { CallSummary } from './types.ts';

const fold = (events: readonly CallEvent[]): CallSummary | null =>
  events.reduce<CallSummary | null>(foldSummary, null);

function summaryOf(events: readonly CallEvent[]): CallSummary {
  const summary = fold(events);
  if (summary === null) throw new Error('no call was started');
  return summary;
}

const bot = summaryOf(log('demo', 'harbor-dental'));
const script = summaryOf(log('demo', 'script'));

describe('foldSummary', () => {
  it('puts a call in a row', () => {
    expect(bot).toEqual({
      id: '20261123-132129-42fdf0',
      peer: '127.0.0.1:36400',
      address: '127.0.0.1:36400',
      local: '127.0.0.1:47141',
      line: null,
      heldByUs: false,
      heldByThem: false,
      srtp: false,
      codec: 'PCMU',
      party: 'harbor-dental',
      state: 'ended',
      endReason: 'bot hung up: bot',
      durationMs: 44_363.968,
      turnState: 'idle',
      turns: 5,
      latestLatencyMs: 455.05,
      worstLatencyMs: 630.003,
      muted: false,
      held: false,
      takenOver: false,
      microphone: null,
      warnings: 0,
      lost: 0,
      jitterMs: expect.any(Number),
    });
  });

  it('is nothing before the call has started', () => {
    const refused = story([0, { type: 'call.refused', reason: 'full', message: 'too many calls' }]);
    expect(fold(refused)).toBeNull();
  });

  it('follows what people do, and counts what went wrong', () => {
    const started = { type: 'call.started', peer: 'a:1', codec: 'PCMU', ptime_ms: 20, party: 'x' } as const;
    const summary = fold(
      story(
        [0, started],
        [1, { type: 'call.muted', on: true }],
        [2, { type: 'bot.held', on: true }],
        [3, { type: 'person.took_over', on: true }],
        [4, { type: 'person.microphone', live: false, message: 'unplugged' }],
        [5, { type: 'bot.held', on: false }],
        [6, { type: 'config.rejected', message: 'line 3' }],
        [7, { type: 'call.warning', code: 'record', message: 'disk full' }],
        [8, { type: 'turn.state', state: 'thinking' }],
      ),
    );
    expect(summary).toMatchObject({
      state: 'live',
      durationMs: 8,
      turnState: 'thinking',
      muted: true,
      held: false,
      takenOver: true,
      microphone: { live: false, message: 'unplugged' },
      warnings: 2,
    });
  });

  it('shows who is on the line of a call over SIP, and that it is held', () => {
    const started = { type: 'call.started', peer: 'a:1', codec: 'PCMU', ptime_ms: 20, party: 'x' } as const;
    const line = { type: 'call.line', account: 'office', direction: 'in', dialled: 'sip:100@here' } as const;
    const media = { type: 'call.media', codec: 'PCMA', ptime_ms: 20, sends: true, receives: true } as const;
    const summary = summaryOf(
      story(
        [0, started],
        [0, { ...line, remote: 'sip:bob@there', name: 'Bob' }],
        [0, { ...media, remote: 'a:1', srtp: 'AES_CM_128_HMAC_SHA1_80' }],
        [1, { type: 'call.held', by: 'them', on: true }],
      ),
    );
    const bob = { account: 'office', direction: 'in', remote: 'sip:bob@there', name: 'Bob' };
    expect(summary).toMatchObject({ peer: 'Bob', address: 'a:1', line: bob, codec: 'PCMA', srtp: true });
    expect(summary).toMatchObject({ heldByThem: true, heldByUs: false, held: false });
    const [transferred, elsewhere] = story(
      [2, { ...line, remote: 'sip:carol@there', name: null }],
      [2, { ...media, remote: 'b:2', srtp: null }],
    );
    const after = [transferred, elsewhere].reduce(
      (before, event) => (event ? (foldSummary(before, event) ?? before) : before),
      summary,
    );
    expect(after).toMatchObject({ peer: 'sip:carol@there', address: 'b:2', srtp: false });
  });

  it('gives the same row back when nothing changed, and changes none it was given', () => {
    const [unknown] = story([0, { type: 'llm.finished', generation: 1, took_ms: 1 }]);
    const frozen = Object.freeze({ ...bot });
    if (unknown) expect(foldSummary(frozen, unknown)).toBe(frozen);
    for (const event of log('demo', 'script')) foldSummary(frozen, event);
  });
});

describe('pairs', () => {
  it('finds the two legs of the demo call', () => {
    const other = { ...bot, id: 'other', address: '10.0.0.7:4000' };
    expect([...pairs([script, other, bot])]).toEqual([
      [bot.id, script.id],
      [script.id, bot.id],
    ]);
  });

  it('keeps calls apart that used the same ports one after the other', () => {
    const again = [
      { ...script, id: 'script-2' },
      { ...bot, id: 'bot-2' },
    ];
    const found = pairs([script, bot, ...again]);
    expect(found.get(bot.id)).toBe(script.id);
    expect(found.get('bot-2')).toBe('script-2');
  });

  it('pairs nothing before both ends are known', () => {
    expect([...pairs([{ ...script, local: null }, bot])]).toEqual([]);
  });
});
