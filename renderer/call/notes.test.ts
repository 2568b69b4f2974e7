import { describe, expect, it } from 'vitest';
import { clock, moment } from './figures.ts';
import { noteText } from './note-text.ts';
import { endReason, noteOf } from './notes.ts';

import { EVENT_VERSION } from '../../backend/contract/events.ts';
const stamp = { v: EVENT_VERSION, seq: 1, at: 0, call: 'c' } as const;

describe('endReason', () => {
  it.each([
    ['bot hung up: idle', noteText.ru.botHungUpIdle],
    ['bot hung up: bot', noteText.ru.botHungUp],
    ['no packets for 30 s', noteText.ru.noPackets('30')],
    ['media worker crashed: exit 1', noteText.ru.crashed],
    ['far end closed its port', noteText.ru.farEndClosed],
  ])('words %j', (reason, text) => expect(endReason(reason, noteText.ru)).toBe(text));

  it('shows what it does not know as it is', () => {
    expect(endReason('the cat pulled the plug', noteText.en)).toBe('the cat pulled the plug');
  });
});

describe('noteOf', () => {
  it('says why a call ended and how long it was', () => {
    const event = { ...stamp, type: 'call.ended', reason: 'time is up', duration_ms: 65_400 } as const;
    expect(noteOf(event, noteText.en)).toEqual({
      tone: 'system',
      text: 'Call ended after 1:05: its time was up',
    });
  });

  it('says of one-way audio what to look at', () => {
    const event = {
      ...stamp,
      type: 'rtp.one_way',
      direction: 'in',
      silent_ms: 2040,
      expected: '10.0.0.9:4000',
      kind: 'their_nat',
      hint: 'Look at the NAT.',
    } as const;
    const { tone, text } = noteOf(event, noteText.en);
    expect(tone).toBe('danger');
    expect(text).toContain('2.0 s');
    expect(text).toContain('10.0.0.9:4000');
    expect(text.endsWith('Look at the NAT.')).toBe(true);
    expect(noteOf({ ...event, direction: 'out' }, noteText.en).text).toContain('they hear nothing');
  });

  it('tells who holds whom', () => {
    const held = { ...stamp, type: 'call.held', by: 'them', on: true } as const;
    const texts = [held, { ...held, by: 'us' as const }, { ...held, on: false }].map(
      (event) => noteOf(event, noteText.en).text,
    );
    expect(new Set(texts).size).toBe(3);
  });

  it('is louder for a failure that is not tried again', () => {
    const failed = {
      ...stamp,
      type: 'provider.failed',
      stage: 'llm',
      provider: 'x',
      kind: 'timeout',
      message: 'm',
    } as const;
    expect(noteOf({ ...failed, retrying: true }, noteText.en).tone).toBe('warning');
    expect(noteOf({ ...failed, retrying: false }, noteText.en).tone).toBe('danger');
  });
});

describe('figures', () => {
  it.each([
    [0, '0:00', '0:00.0'],
    [999, '0:00', '0:00.9'],
    [65_250, '1:05', '1:05.2'],
    [3_605_000, '1:00:05', '1:00:05.0'],
    [-5, '0:00', '0:00.0'],
  ])('%d ms', (ms, length, at) => {
    expect(clock(ms)).toBe(length);
    expect(moment(ms)).toBe(at);
  });
});
