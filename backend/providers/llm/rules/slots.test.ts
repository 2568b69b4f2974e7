import { describe, expect, it } from 'vitest';
import { rulesBlock } from './block.ts';
import { findDay, findTime } from './dates.ts';
import { findBareName, findSlots } from './slots.ts';
import { wordsOf } from './words.ts';

const day = (text: string, asked = false): string | null => findDay(wordsOf(text), asked)?.value ?? null;
const time = (text: string, asked = false): string | null => findTime(wordsOf(text), asked)?.value ?? null;

describe('a day', () => {
  it.each([
    ['Friday, please', 'on Friday'],
    ['on thurday', 'on Thursday'],
    ['wensday maybe', 'on Wednesday'],
    ['Tuesday', 'on Tuesday'],
    ['next tues', 'next Tuesday'],
    ['this Saturday would be fine', 'this Saturday'],
    ["Friday's good", 'on Friday'],
    ['tomorrow at ten', 'tomorrow'],
    ['tommorow', 'tomorrow'],
    ['the day after tomorrow', 'the day after tomorrow'],
    ['later today', 'today'],
    ['on the third of May', 'on the third of May'],
    ['May 23rd', 'on the twenty third of May'],
    ['Monday the twenty first of september', 'on Monday the twenty first of September'],
    ['31 December', 'on the thirty first of December'],
    ['not Friday, Thursday', 'on Thursday'],
    ['Friday. No, wait, Monday', 'on Monday'],
    ['Monday instead of Friday', 'on Monday'],
    ['Thursday or Friday', 'on Thursday'],
    ['may I come in', null],
    ['one moment', null],
    ['the third', null],
  ])('%j is %j', (text, value) => expect(day(text)).toBe(value));

  it('may be short where it was asked for', () =>
    expect(day('the third, I think', true)).toBe('on the third'));
});

describe('a time', () => {
  it.each([
    ['tomorrow at ten', 'at ten'],
    ['Friday at half past two', 'at half past two'],
    ['half-past two', 'at half past two'],
    ['quarter to five', 'at quarter to five'],
    ['a quarter past 12', 'at quarter past twelve'],
    ['quarter to one', 'at quarter to one'],
    ['ten past six', 'at six ten'],
    ['twenty five to four', 'at three thirty five'],
    ["ten o'clock", 'at ten'],
    ['at 10:30', 'at half past ten'],
    ['2.45 p.m.', 'at quarter to three in the afternoon'],
    ['7 pm', 'at seven in the evening'],
    ['14:30', 'at half past two in the afternoon'],
    ['at nine in the morning', 'at nine in the morning'],
    ['ten a.m.', 'at ten in the morning'],
    ['at eight oh five', 'at eight oh five'],
    ['two thirty', 'at half past two'],
    ['around noon', 'at noon'],
    ['in the afternoon', 'in the afternoon'],
    ['at ten, no, at eleven', 'at eleven'],
    ['not at ten, at eleven', 'at eleven'],
    ['good morning', null],
    ['two people', null],
    ['I have two kids', null],
    ['it costs sixty dollars', null],
  ])('%j is %j', (text, value) => expect(time(text)).toBe(value));

  it('may be short where it was asked for', () => {
    expect(time('ten', true)).toBe('at ten');
    expect(time('eleven fifteen please', true)).toBe('at quarter past eleven');
  });
});

describe('slots', () => {
  const rules = rulesBlock.parse({
    slots: {
      room: {
        type: 'choice',
        ask: 'Which?',
        choices: { 'a single room': ['single'], 'a double room': ['double', 'twin'] },
      },
      name: { type: 'name', ask: 'Name?' },
      guests: { type: 'number', ask: 'How many?', unit: ['people', 'guests', 'of us'] },
      phone: { type: 'digits', ask: 'Number?' },
      time: { type: 'time', ask: 'When?' },
    },
    intents: { hello: { when: 'hello', say: 'Hello.' } },
  });
  const values = (text: string, ...asked: string[]): Record<string, string> =>
    Object.fromEntries(
      [...findSlots(rules, wordsOf(text), new Set(asked))].map(([slot, { value }]) => [slot, value]),
    );

  it.each<[string, string[], Record<string, string>]>([
    ['a twin for three people at ten', [], { room: 'a double room', guests: 'three', time: 'at ten' }],
    ['My name is Emma Wilson and I need a singel', [], { name: 'Emma Wilson', room: 'a single room' }],
    ["my name's anna", [], { name: 'Anna' }],
    ["It's O'Neill.", ['name'], { name: "O'Neill" }],
    ["I'm in pain", [], {}],
    ["I'm looking for a room", [], {}],
    ['there are 25 of us', [], { guests: 'twenty five' }],
    ['two', ['guests'], { guests: 'two' }],
    ['five five five, double two, oh one', ['phone'], { phone: '5 5 5, 2 2 0 1' }],
    ['it is 555 0123', [], { phone: '5 5 5, 0 1 2 3' }],
    ['[pressed 5 5 5 1]', ['phone'], { phone: '5 5 5 1' }],
  ])('%j, asked for %j: %j', (text, asked, expected) => expect(values(text, ...asked)).toEqual(expected));

  it.each([
    ['Emma Wilson', 'Emma Wilson'],
    ['yes, hello, it is emma', 'Emma'],
    ['What?', null],
    ['what did you say', null],
    ['yes please', null],
    ['um', null],
    ['I would rather talk about something else', null],
  ])('%j alone is the name %j', (text, name) =>
    expect(findBareName(wordsOf(text))?.value ?? null).toBe(name),
  );
});
