import { describe, expect, it } from 'vitest';
import { findAny, findPhrase, wordsOf } from './words.ts';

const find = (phrase: string, text: string): string | null => {
  const words = wordsOf(text);
  const match = findPhrase(phrase, words);
  return (
    match &&
    words
      .slice(match.from, match.to)
      .map((word) => word.raw)
      .join(' ')
  );
};

describe('wordsOf', () => {
  it('parts hyphens, keeps apostrophes and times, drops fillers', () => {
    expect(wordsOf('Um, it’s a check-up at 10:30, 5pm. Эм, приём').map((word) => word.word)).toEqual([
      "it's",
      'a',
      'check',
      'up',
      'at',
      '10:30',
      '5',
      'pm',
      'прием',
    ]);
    expect(wordsOf('Anna, yes').map((word) => word.afterPause)).toEqual([false, true]);
  });
});

describe('findPhrase', () => {
  it.each([
    ['check-up', 'I need a check up.', 'check up'],
    ['check up', 'a checkup please', 'checkup'],
    ['appointment', 'I want a pointment', 'a pointment'],
    ['appointment', 'an appoinment, please', 'appoinment'],
    ['how much', 'and how much is it', 'how much'],
    ['book*', 'a booking for two', 'booking'],
    ['сколько стоит', 'а скока сколько стоит осмотр', 'сколько стоит'],
    ['записаться', 'хочу записатся на приём', 'записатся'],
    ['cost', 'I lost it', null],
    ['bye', 'by the way', null],
    ['book', 'booking', null],
    ['приём', 'прием', 'прием'],
  ])('%j in %j is %j', (phrase, text, expected) => expect(find(phrase, text)).toBe(expected));

  it('prefers the nearest of several', () => {
    const words = wordsOf('on thursday');
    expect(findAny(['tuesday', 'thursday'], words)).toEqual({ from: 1, to: 2, distance: 0 });
  });
});
