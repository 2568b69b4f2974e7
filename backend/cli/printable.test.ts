import { expect, it } from 'vitest';
import { printable } from './printable.ts';

it.each([
  ['Ärzte, 東京, Привет\tok 👍', 'Ärzte, 東京, Привет\tok 👍'],
  ['\u001B[31mred\u001B]0;title\u0007', '\uFFFD[31mred\uFFFD]0;title\uFFFD'],
  ['one\r\ntwo\u2028three', 'one\uFFFD\uFFFDtwo\uFFFDthree'],
  ['\u009B2J \u202Eexe.txt\u2066', '\uFFFD2J \uFFFDexe.txt\uFFFD'],
])('leaves a terminal nothing to obey (%#)', (text, shown) => {
  expect(printable(text)).toBe(shown);
});
