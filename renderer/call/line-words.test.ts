import { describe, expect, it } from 'vitest';
import { line } from '../state/fixtures/line.ts';
import { lineText } from './line-text.ts';
import { endWords, lineState, when } from './line-words.ts';

describe('lineState', () => {
  it.each([
    [{ state: 'incoming' }, 'incomingState'],
    [{ state: 'early' }, 'early'],
    [{ state: 'connected' }, null],
    [{ state: 'connected', heldByThem: true }, 'heldByThem'],
    [{ state: 'connected', heldByUs: true, heldByThem: true }, 'onHold'],
    [{ state: 'ended' }, 'over'],
  ] as const)('%j', (more, name) => expect(lineState(line('1', more))).toBe(name));
});

describe('endWords', () => {
  const end = (more: object) =>
    ({ by: 'them', code: null, reason: 'hung up', missed: false, ...more }) as const;

  it.each([
    [end({}), 'they hung up'],
    [end({ by: 'us' }), 'you hung up'],
    [end({ code: 486, reason: 'busy (486)' }), 'busy (486)'],
    [end({ code: 503, reason: 'overloaded (503)' }), 'overloaded (503)'],
    [end({ by: 'network', code: 408, reason: 'no answer from 10.0.0.1' }), 'no answer from 10.0.0.1'],
    [end({ reason: 'transferred to carol' }), 'transferred to carol'],
    [end({ code: 487, missed: true }), 'missed'],
  ] as const)('%j', (what, words) => expect(endWords(what, lineText.en)).toBe(words));

  it('speaks the language of the person', () => {
    expect(endWords(end({ code: 603, reason: 'declined' }), lineText.ru)).toBe('отклонён (603)');
  });
});

it('says when, the shorter the nearer', () => {
  const now = new Date(2026, 4, 14, 12, 0).getTime();
  const of = (...at: [number, number, number, number, number]) =>
    when(new Date(...at).getTime(), now, 'en', lineText.en);
  expect(of(2026, 4, 14, 0, 5)).toBe('12:05 AM');
  expect(of(2026, 4, 13, 23, 59)).toBe('Yesterday');
  expect(of(2026, 4, 12, 12, 0)).toBe('May 12');
});
