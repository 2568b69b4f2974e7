import { describe, expect, it } from 'vitest';
import { backchannelsOf, isBackchannel, wordsOf } from './backchannels.ts';

const cases: [language: string, text: string, backchannel: boolean][] = [
  ['en', 'Mm-hm.', true],
  ['en', 'mmhmm', true],
  ['en', 'Uh huh, yeah.', true],
  ['en', 'All right, all right.', true],
  ['en', 'Hmmmm...', true],
  ['en', '[BLANK_AUDIO]', true],
  ['en', 'Yeah, but how much is it?', false],
  ['en', 'No.', false],
  ['en', 'Stop!', false],
  ['en', 'Wait', false],
  ['en', 'right now', false],
  ['ru', 'Ага.', true],
  ['ru', 'Угу, угу', true],
  ['ru', 'Да-да-да', true],
  ['ru', 'Ну да, так', true],
  ['ru', 'Понял', true],
  ['ru', 'Нет', false],
  ['ru', 'Стоп, подождите', false],
  ['ru', 'Да, но дорого', false],
  ['fr', "D'accord", true],
  ['fr', 'd’accord', true],
  ['de', 'Ach so, ja', true],
  ['de', 'Nein', false],
  ['es', 'Sí, claro', true],
  ['fi', 'mm', true],
  ['fi', 'ei', false],
];

describe('backchannels', () => {
  it.each(cases)('%s: "%s" -> %s', (language, text, backchannel) => {
    expect(isBackchannel(text, backchannelsOf(language))).toBe(backchannel);
  });

  it("takes a bot's own list instead, and an empty one lets every word interrupt", () => {
    expect(isBackchannel('roger that', ['roger', 'that'])).toBe(true);
    expect(isBackchannel('yeah', ['roger'])).toBe(false);
    expect(isBackchannel('yeah', [])).toBe(false);
  });

  it('tells words from notes about sounds and from punctuation', () => {
    expect(wordsOf('... [MUSIC] (coughs) —')).toEqual([]);
    expect(wordsOf('At 10:30, please')).toEqual(['at', '10', '30', 'please']);
  });
});
