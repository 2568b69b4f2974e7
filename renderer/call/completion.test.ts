import { describe, expect, it } from 'vitest';
import type { PastCall } from '../../backend/contract/window.ts';
import { line } from '../state/fixtures/line.ts';
import { matches, suggestions } from './completion.ts';

function past(uri: string, name: string | null, startedAt: number): PastCall {
  return { line: line(uri, { remote: { uri, name }, startedAt }), trace: null, seen: true };
}

/** Newest first, as the history is. */
const HISTORY = [
  past('sip:bob@example.com', null, 90),
  past('sip:+49301234567@pbx.local;user=phone', 'Anna Berg', 80),
  past('sip:bob@example.com', 'Bob', 70),
  past('sip:1001@pbx.local', 'Werkstatt', 60),
  past('sip:Кира@example.com', 'Кира Белова', 50),
];
const targets = (typed: string) => suggestions(HISTORY, typed).map(({ target }) => target);

describe('suggestions', () => {
  it('names everybody once, the latest first, while nothing is typed', () => {
    expect(targets('')).toEqual([
      'bob@example.com',
      '+49301234567@pbx.local',
      '1001@pbx.local',
      'Кира@example.com',
    ]);
    expect(suggestions(HISTORY, '')[0]?.at).toBe(90);
  });

  it.each([
    ['ann', ['+49301234567@pbx.local']],
    ['BERG', ['+49301234567@pbx.local']],
    ['бел', ['Кира@example.com']],
    ['100', ['1001@pbx.local']],
    ['0 30 12', []],
    ['(030) 123', []],
    ['30 1234', ['+49301234567@pbx.local']],
    ['301-234', ['+49301234567@pbx.local']],
    ['zz', []],
  ])('of %j finds %j', (typed, found) => expect(targets(typed)).toEqual(found));

  it('puts what begins with it before what contains it', () => {
    expect(targets('b')).toEqual(['bob@example.com', '+49301234567@pbx.local']);
    expect(targets('er')).toEqual(['+49301234567@pbx.local', '1001@pbx.local']);
    expect(targets('we')).toEqual(['1001@pbx.local']);
  });

  it('minds the host once enough of it is typed', () => {
    expect(targets('pb')).toEqual([]);
    expect(targets('pbx')).toEqual(['+49301234567@pbx.local', '1001@pbx.local']);
    expect(targets('1001@p')).toEqual(['1001@pbx.local']);
  });

  it('does not suggest what stands there already', () => {
    expect(targets('bob@example.com')).toEqual([]);
  });

  it('is never longer than a glance', () => {
    const many = Array.from({ length: 500 }, (_, at) => past(`sip:u${at}@x`, null, at));
    expect(suggestions(many, 'u')).toHaveLength(8);
  });
});

it('searches the history by the same', () => {
  expect(matches({ uri: 'sip:bob@example.com', name: 'Bob Marsh' }, 'marsh')).toBe(true);
  expect(matches({ uri: 'sip:bob@example.com', name: null }, 'marsh')).toBe(false);
});
