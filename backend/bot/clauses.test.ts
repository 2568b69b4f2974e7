import { describe, expect, it } from 'vitest';
import { ClauseCutter, type Clause } from './clauses.ts';

/** Numerical Recipes LCG: the same chunks every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function cut(text: string, language = 'en', chunk: () => number = () => text.length): Clause[] {
  const cutter = new ClauseCutter(language);
  const clauses: Clause[] = [];
  for (let at = 0; at < text.length;) {
    const length = Math.max(1, chunk());
    clauses.push(...cutter.push(text.slice(at, at + length)));
    at += length;
  }
  return [...clauses, ...cutter.end()];
}

const texts = (text: string, language = 'en'): string[] => cut(text, language).map((clause) => clause.text);

/** Clauses that are out before the last character of `text` was followed by anything. */
const atOnce = (text: string, language = 'en'): string[] =>
  new ClauseCutter(language).push(text).map((clause) => clause.text);

describe('the first clause', () => {
  it.each([
    ['Of course,', ['Of course,']],
    ['Certainly,', ['Certainly,']],
    ['Yes, we do;', ['Yes, we do;']],
    ['Is that right?', ['Is that right?']],
    ['We are open.', ['We are open.']],
    ['Let me see —', ['Let me see —']],
    ['Two things:', ['Two things:']],
    ['Opening hours\n', ['Opening hours']],
    ['Yes,', []],
    ['It is 3.', []],
    ['At 10:', []],
    ['Write to info@example.', []],
    ['We are at example.', []],
    ['Ask Dr.', []],
  ])('%j is out at once: %j', (text, expected) => expect(atOnce(text)).toEqual(expected));

  it.each([
    ['Здравствуйте!', ['Здравствуйте!']],
    ['Да, конечно,', ['Да, конечно,']],
    ['Приём стоит 500 руб.', []],
    ['Мы на ул.', []],
  ])('Russian: %j is out at once: %j', (text, expected) => expect(atOnce(text, 'ru')).toEqual(expected));

  it('waits a single character where a number may go on', () => {
    expect(atOnce('It is at 10. ')).toEqual(['It is at 10.']);
    expect(atOnce('It costs 3.5')).toEqual([]);
  });

  it('does not wait for punctuation for ever, and breaks before a joining word', () => {
    expect(atOnce('I have a free appointment on Friday at ')).toEqual([]);
    expect(atOnce('I have a free appointment on Friday at h')).toEqual([
      'I have a free appointment on Friday',
    ]);
    expect(atOnce('one two three four five six seven eight n')).toEqual([
      'one two three four five six seven eight',
    ]);
    expect(texts('You will pay four five six seven 8 000 roubles')[0]).toBe(
      'You will pay four five six seven',
    );
  });

  it('is the first again after end()', () => {
    const cutter = new ClauseCutter('en');
    expect(cutter.push('Let me look')).toEqual([]);
    expect(cutter.end()).toEqual([{ text: 'Let me look', from: 0, to: 11 }]);
    expect(cutter.push(' We are free, ')).toEqual([{ text: 'We are free,', from: 12, to: 24 }]);
  });
});

describe('later clauses', () => {
  const rest = 'We close at six in the evening. ';
  it('are whole sentences, the second alone, then several joined', () => {
    const clauses = texts(`Of course, ${rest.repeat(8)}`);
    expect(clauses[0]).toBe('Of course,');
    expect(clauses[1]).toBe(rest.trim());
    expect(clauses[2]).toBe(rest.repeat(4).trim());
    expect(clauses.slice(3)).toEqual([rest.repeat(3).trim()]);
  });

  it('end at 200 characters, at the best border there is', () => {
    const long = `${'word '.repeat(30)}and then, ${'more '.repeat(20)}`;
    const clauses = texts(`Of course, ${long}`);
    expect(clauses[1]).toBe(`${'word '.repeat(30)}and then,`);
    expect(texts(`Of course, ${'x'.repeat(450)}`).map((text) => text.length)).toEqual([10, 200, 200, 50]);
  });
});

describe('what looks like a border and is none', () => {
  // Each sentence follows an opener, stands before another and must come out whole.
  it.each([
    ['en', 'Ask for Mr. Smith or Dr. J. Wilson at the desk downstairs.'],
    ['en', 'Bring papers, e.g. a passport, and come at 10:30 a.m. sharp.'],
    ['en', 'It is No. 5, costs 3.50 or 3,5 or 10,000 dollars in all.'],
    ['en', 'See https://example.com/a.b?c=d!e and www.example.com for the rest.'],
    ['en', 'Write to john.smith@example.com or visit example.com today.'],
    ['en', 'Well... let me think about it for a moment… yes, it is free.'],
    ['en', 'The U.S. office moved to St. Mary road, etc. and so on.'],
    ['ru', 'Возьмите паспорт, полис и т.д. и приходите к 10:30, т.е. утром.'],
    ['ru', 'Приём стоит 2 500 руб. или 3,5 тыс. руб. в г. Москва.'],
    ['ru', 'Мы на ул. Ленина, д. 5, кв. 7, см. сайт example.ru внизу.'],
    ['ru', 'Школа им. А. С. Пушкина, и т.п. заведения рядом с нами.'],
    ['de', 'Nehmen Sie z.B. die Linie 5, ca. zehn Minuten, bzw. den Bus.'],
  ])('%s: %s', (language, sentence) => {
    const next =
      'Then we shall see what can be done about the rest of it all, and then we are there as well.';
    const clauses = texts(`Of course, ${sentence} ${next}`, language);
    expect(clauses).toEqual(['Of course,', sentence, next]);
  });

  it('splits after an abbreviation that ends its sentence', () => {
    expect(texts('We open at 9 a.m. Come early.')).toEqual(['We open at 9 a.m.', 'Come early.']);
    expect(texts('Это 500 руб. Приходите завтра.', 'ru')).toEqual(['Это 500 руб.', 'Приходите завтра.']);
    expect(texts('We said no. Sorry.')).toEqual(['We said no.', 'Sorry.']);
  });

  it('keeps quotes and repeated marks with their sentence', () => {
    expect(texts('He said "yes, sure". Then "why?!" and no more.')).toEqual([
      'He said "yes,',
      'sure". Then "why?!" and no more.',
    ]);
    expect(texts('Is it really?! It is, all of it, I think.')).toEqual([
      'Is it really?',
      'It is, all of it, I think.',
    ]);
  });

  it('says nothing where there are no words', () => {
    expect(texts(' — … !\n\n ')).toEqual([]);
    expect(texts('')).toEqual([]);
  });
});

describe('whatever the tokens', () => {
  const words =
    'the clinic opens at 9 a.m. and closes 17:30 , . ! ? ... — ; : \n Dr. Wilson e.g. 3.50 т.д. руб. ул. Ленина http://a.b/c? ' +
    'Yes No. 5 well " ) « » … www.example.com I J. Smith Здравствуйте конечно приходите завтра';
  const vocabulary = words.split(' ');

  it('gives the same clauses, in order, each the text of its range, and loses no word', () => {
    const next = random(7);
    for (let run = 0; run < 400; run += 1) {
      const count = 1 + Math.floor(next() * 60);
      const text = Array.from(
        { length: count },
        () => vocabulary[Math.floor(next() * vocabulary.length)],
      ).join(next() < 0.3 ? '' : ' ');
      const language = next() < 0.5 ? 'ru' : 'en';
      const whole = cut(text, language);
      expect(cut(text, language, () => 1)).toEqual(whole);
      expect(cut(text, language, () => Math.floor(next() * 9))).toEqual(whole);
      let reached = 0;
      for (const clause of whole) {
        expect(clause.text).toBe(text.slice(clause.from, clause.to));
        expect(clause.from).toBeGreaterThanOrEqual(reached);
        expect(text.slice(reached, clause.from)).not.toMatch(/[\p{L}\p{N}]/u);
        expect(clause.text.length).toBeLessThanOrEqual(200);
        reached = clause.to;
      }
      expect(text.slice(reached)).not.toMatch(/[\p{L}\p{N}]/u);
    }
  });
});
