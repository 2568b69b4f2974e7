import { describe, expect, it } from 'vitest';
import { SpeakableText } from './speakable.ts';

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function clean(text: string, chunk: () => number = () => text.length): string {
  const speakable = new SpeakableText();
  let out = '';
  for (let at = 0; at < text.length;) {
    const length = Math.max(1, chunk());
    out += speakable.push(text.slice(at, at + length));
    at += length;
  }
  return out + speakable.end();
}

const CASES: readonly (readonly [string, string])[] = [
  ['It is **very** *nice* and ***so on***.', 'It is very nice and so on.'],
  ['__Bold__ and _italic_, not snake_case or a_b@c.de.', 'Bold and italic, not snake_case or a_b@c.de.'],
  ['~~old~~ new, 3*4 and 3 * 4', 'old new, 3*4 and 3 4'],
  ['# Prices\n\nFrom 50.', 'Prices\nFrom 50.'],
  ['Press # or #1.', 'Press # or #1.'],
  [
    'Choose:\n- a check-up\n* a cleaning\n+ a filling\n1. first',
    'Choose:\na check-up\na cleaning\na filling\n1. first',
  ],
  ['> quoted\n---\nplain -5 degrees', 'quoted\nplain -5 degrees'],
  ['See [our page](https://example.com/a) and ![a tooth](x.png).', 'See our page and a tooth.'],
  ['See https://www.example.com/x or <https://example.org>.', 'See example.com/x or example.org.'],
  ['how, hat, http, h', 'how, hat, http, h'],
  ['<think>Let me see.\n**Hm** </thin </think>\n\nYes, we do.', 'Yes, we do.'],
  ['<THINK>never closed', ''],
  ['Yes.</think> No.', 'Yes. No.'],
  ['<p>One</p><p>Two<br/>three</p> <b>four</b> 5 < 6 > 4', 'One\nTwo\nthree\nfour 5 < 6 > 4'],
  ['Tom &amp; Ann&nbsp;say &quot;hi&quot; & go', 'Tom & Ann say "hi" & go'],
  ['Run ```js\nx = 1;\n``` or `npm start` now', 'Run or npm start now'],
  ['Great! 🎉 See you 👩‍⚕️👍🏽 on day 1️⃣ 🇩🇪 → bye', 'Great! See you on day 1 bye'],
  ['| a | b |\n|---|---|\n| c | d |', 'a b \nc d '],
  ['Half**open', 'Halfopen'],
  [
    '**Здравствуйте!** 😊 Приём — _500 руб._, т.е. недорого…',
    'Здравствуйте! Приём — 500 руб., т.е. недорого…',
  ],
  ['— Да.\n• Пункт «один»\n• Пункт №2', '— Да.\nПункт «один»\nПункт №2'],
  ['[pause] well [a](b', 'pause well a(b'],
  ['a\t b  \r\n\n\n c', 'a b \nc'],
];

describe('SpeakableText', () => {
  it.each(CASES)('%j is spoken %j', (text, spoken) => expect(clean(text)).toBe(spoken));

  it('gives the same text whatever the tokens', () => {
    const next = random(11);
    for (const [text] of CASES) {
      const whole = clean(text);
      expect(clean(text, () => 1)).toBe(whole);
      for (let run = 0; run < 30; run += 1) expect(clean(text, () => Math.floor(next() * 7))).toBe(whole);
    }
    const pieces = Array.from(CASES.map(([text]) => text).join(''));
    for (let run = 0; run < 500; run += 1) {
      const text = Array.from({ length: 30 }, () => pieces[Math.floor(next() * pieces.length)]).join('');
      const whole = clean(text);
      expect(clean(text, () => 1)).toBe(whole);
      expect(clean(text, () => Math.floor(next() * 5))).toBe(whole);
    }
  });

  it('hands out the end of a sentence at once', () => {
    const speakable = new SpeakableText();
    expect(speakable.push('Is it **really')).toBe('Is it really');
    expect(speakable.push('?')).toBe('?');
    expect(speakable.push('*')).toBe('');
    expect(speakable.push('* Yes!')).toBe(' Yes!');
  });

  it('goes on after end() as a new paragraph', () => {
    const speakable = new SpeakableText();
    expect(speakable.push('Let me look.*') + speakable.end()).toBe('Let me look.');
    expect(speakable.push('- We are free.')).toBe(' We are free.');
  });

  it('drops a long thought without keeping it', () => {
    const speakable = new SpeakableText();
    speakable.push('<think>');
    for (let index = 0; index < 20_000; index += 1) expect(speakable.push('so then, and ')).toBe('');
    expect(speakable.push('</think>Yes.')).toBe('Yes.');
  });
});
