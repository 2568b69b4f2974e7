import type { Word } from './words.ts';

const ONES = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen ' +
  'seventeen eighteen nineteen'
).split(' ');
const TENS = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const ORDINALS = (
  '- first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth ' +
  'fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'
).split(' ');

/** `value` (0 to 99) in words. */
export function spokenNumber(value: number): string {
  const small = ONES[value];
  if (small !== undefined) return small;
  const tens = TENS[Math.floor(value / 10)] ?? '';
  return value % 10 === 0 ? tens : `${tens} ${ONES[value % 10] ?? ''}`;
}

/** `value` (1 to 31) as a day of the month. */
export function spokenOrdinal(value: number): string {
  if (value === 30) return 'thirtieth';
  return value <= 20
    ? (ORDINALS[value] ?? '')
    : `${TENS[Math.floor(value / 10)] ?? ''} ${ORDINALS[value % 10] ?? ''}`;
}

export interface Parsed {
  readonly value: number;
  /** Words used. */
  readonly length: number;
}

/** A cardinal from 0 to 99, spoken or in digits, at `at`. */
export function numberAt(words: readonly Word[], at: number): Parsed | null {
  const word = words[at]?.word ?? '';
  if (/^\d{1,2}$/.test(word)) return { value: Number(word), length: 1 };
  const one = ONES.indexOf(word);
  if (one >= 0) return { value: one, length: 1 };
  const ten = TENS.indexOf(word);
  if (ten < 2) return null;
  const next = ONES.indexOf(words[at + 1]?.word ?? '');
  return next > 0 && next < 10 ? { value: ten * 10 + next, length: 2 } : { value: ten * 10, length: 1 };
}

/** A day of the month at `at`: "third", "twenty third", "23" with or without "rd". */
export function ordinalAt(words: readonly Word[], at: number): Parsed | null {
  const word = words[at]?.word ?? '';
  const next = words[at + 1]?.word ?? '';
  if (/^\d{1,2}$/.test(word)) {
    const value = Number(word);
    return value >= 1 && value <= 31 ? { value, length: /^(st|nd|rd|th)$/.test(next) ? 2 : 1 } : null;
  }
  if (word === 'thirtieth') return { value: 30, length: 1 };
  const small = ORDINALS.indexOf(word);
  if (small > 0) return { value: small, length: 1 };
  const ten = TENS.indexOf(word);
  const unit = ORDINALS.indexOf(next);
  const value = ten * 10 + unit;
  return (ten === 2 || ten === 3) && unit > 0 && unit < 10 && value <= 31 ? { value, length: 2 } : null;
}

/** Digits read out one by one ("five five, double two, oh"), from `at` on; '' where there are none. */
export function digitsAt(words: readonly Word[], at: number): { digits: string; length: number } {
  let digits = '';
  let reached = at;
  for (let times = 1; reached < words.length; reached += 1) {
    const word = words[reached]?.word ?? '';
    if (word === 'double' || word === 'triple') {
      times = word === 'double' ? 2 : 3;
      continue;
    }
    const one = word === 'oh' || word === 'o' ? 0 : ONES.indexOf(word);
    const said = /^\d+$/.test(word) ? word : one >= 0 && one < 10 ? String(one) : null;
    if (said === null) break;
    digits += said.repeat(times);
    times = 1;
  }
  return { digits, length: reached - at };
}
