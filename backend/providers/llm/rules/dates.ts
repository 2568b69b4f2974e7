import { numberAt, ordinalAt, spokenNumber, spokenOrdinal } from './numbers.ts';
import { difference, type Span, type Word } from './words.ts';

/** A value as it is said back, with the words it was taken from. */
export interface Found extends Span {
  readonly value: string;
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const SHORT_WEEKDAYS: Readonly<Record<string, string>> = {
  mon: 'Monday',
  tue: 'Tuesday',
  tues: 'Tuesday',
  thu: 'Thursday',
  thur: 'Thursday',
  thurs: 'Thursday',
  fri: 'Friday',
};
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

/** The known word nearest to the heard one; null: none is near. */
function nearest(heard: string, known: readonly string[]): string | null {
  let best: { name: string; distance: number } | null = null;
  for (const name of known) {
    const distance = difference(heard, name.toLowerCase());
    if (distance !== null && (best === null || distance < best.distance)) best = { name, distance };
  }
  return best?.name ?? null;
}

/**
 * A day in English, as an adverb: "on Friday", "next Tuesday", "tomorrow", "on the third of May". Of several the
 * last ("Friday, no, Thursday"), but not one that is denied ("not Friday", "instead of Friday").
 * `asked`: the caller was asked for a day, so that "the third" alone is one.
 */
export function findDay(words: readonly Word[], asked: boolean): Found | null {
  let last: Found | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const found = dayAt(words, at, asked);
    if (!found) continue;
    const before = words.slice(Math.max(0, found.from - 3), found.from).map((word) => word.word);
    const denied = /(^| )(not|isn't|can't|don't)( on| do| make)?$|(instead of|rather than)( on)?$/.test(
      before.join(' '),
    );
    if (!denied && before.at(-1) !== 'or') last = found;
    at = found.to - 1;
  }
  return last;
}

function dayAt(words: readonly Word[], at: number, asked: boolean): Found | null {
  const wordAt = (index: number): string => words[index]?.word ?? '';
  const word = wordAt(at).replace(/'s$/, '');
  if (difference(word, 'tomorrow') !== null) {
    const after = wordAt(at - 2) === 'day' && wordAt(at - 1) === 'after';
    return after
      ? { value: 'the day after tomorrow', from: at - (wordAt(at - 3) === 'the' ? 3 : 2), to: at + 1 }
      : { value: 'tomorrow', from: at, to: at + 1 };
  }
  if (word === 'today' || word === 'tonight') return { value: 'today', from: at, to: at + 1 };

  const weekday = SHORT_WEEKDAYS[word] ?? nearest(word, WEEKDAYS);
  if (weekday !== null) {
    const date = dateAt(words, at + 1);
    if (date) return { value: `on ${weekday} ${date.value}`, from: at, to: date.to };
    const which = wordAt(at - 1);
    return which === 'next' || which === 'this'
      ? { value: `${which} ${weekday}`, from: at - 1, to: at + 1 }
      : { value: `on ${weekday}`, from: at, to: at + 1 };
  }
  const date = dateAt(words, at);
  if (date) return { ...date, value: `on ${date.value}` };
  const day = asked && word === 'the' ? ordinalAt(words, at + 1) : null;
  return day && day.length > 0
    ? { value: `on the ${spokenOrdinal(day.value)}`, from: at, to: at + 1 + day.length }
    : null;
}

/** "(the) third of May", "May (the) third". */
function dateAt(words: readonly Word[], at: number): Found | null {
  const wordAt = (index: number): string => words[index]?.word ?? '';
  const first = at + (wordAt(at) === 'the' ? 1 : 0);
  const day = ordinalAt(words, first);
  if (day) {
    const of = first + day.length;
    const month = wordAt(of) === 'of' ? nearest(wordAt(of + 1), MONTHS) : nearest(wordAt(of), MONTHS);
    const to = wordAt(of) === 'of' ? of + 2 : of + 1;
    return month === null ? null : { value: `the ${spokenOrdinal(day.value)} of ${month}`, from: at, to };
  }
  const month = nearest(wordAt(at), MONTHS);
  if (month === null) return null;
  const then = at + 1 + (wordAt(at + 1) === 'the' ? 1 : 0);
  const after = ordinalAt(words, then);
  if (!after) return null;
  return { value: `the ${spokenOrdinal(after.value)} of ${month}`, from: at, to: then + after.length };
}

const PARTS: Readonly<Record<string, string>> = {
  am: 'in the morning',
  morning: 'in the morning',
  pm: 'in the afternoon',
  afternoon: 'in the afternoon',
  evening: 'in the evening',
  night: 'in the evening',
};
/** What a recogniser makes of an hour. */
const HOMOPHONES: Readonly<Record<string, number>> = { to: 2, too: 2, for: 4, ate: 8, won: 1 };
const BEFORE_HOUR = /^(at|around|about|by|before|after|till|until|from|maybe|say|past)$/;

/**
 * A time of day in English, as an adverb: "at half past two", "at ten in the morning", "in the afternoon". Of
 * several the last. `asked`: the caller was asked for a time, so that a bare "ten" is one.
 */
export function findTime(words: readonly Word[], asked: boolean): Found | null {
  let last: Found | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const found = timeAt(words, at, asked);
    if (!found) continue;
    const before = words[found.from - 1]?.word;
    if (before !== 'not' && before !== 'or') last = found;
    at = found.to - 1;
  }
  return last ?? partOfDay(words);
}

function partOfDay(words: readonly Word[]): Found | null {
  const at = words.findIndex((word) => /^(morning|afternoon|evening)$/.test(word.word));
  // "Good morning" is a greeting.
  if (at < 0 || words[at - 1]?.word === 'good') return null;
  return { value: PARTS[words[at]?.word ?? ''] ?? '', from: at, to: at + 1 };
}

function timeAt(words: readonly Word[], at: number, asked: boolean): Found | null {
  const wordAt = (index: number): string => words[index]?.word ?? '';
  const cue = BEFORE_HOUR.test(wordAt(at)) && wordAt(at) !== 'past';
  const first = cue ? at + 1 : at;
  const word = wordAt(first);
  if (word === 'noon' || word === 'midday') return { value: 'at noon', from: at, to: first + 1 };

  const written = /^(\d{1,2})[:.](\d\d)$/.exec(word);
  if (written) return clock(words, at, first + 1, Number(written[1]), Number(written[2]));

  // half past two, quarter to five, ten past six
  const minutes = word === 'half' ? 30 : word === 'quarter' ? 15 : numberAt(words, first)?.value;
  const link = first + (word === 'half' || word === 'quarter' ? 1 : (numberAt(words, first)?.length ?? 0));
  const direction = wordAt(link);
  if (
    minutes !== undefined &&
    minutes > 0 &&
    minutes < 60 &&
    minutes % 5 === 0 &&
    /^(past|after|to|before|till)$/.test(direction)
  ) {
    const hour = hourAt(words, link + 1, word === 'half' || word === 'quarter');
    if (hour) {
      const past = direction === 'past' || direction === 'after';
      return clock(
        words,
        at,
        link + 1 + hour.length,
        past ? hour.value : hour.value + 23,
        past ? minutes : 60 - minutes,
      );
    }
  }

  const hour = hourAt(words, first, cue && wordAt(at) === 'at' && first === words.length - 1);
  if (!hour) return null;
  let next = first + hour.length;
  const certain = wordAt(next) === "o'clock" || wordAt(next) === 'oclock' || partAt(words, next) !== null;
  if (wordAt(next) === "o'clock" || wordAt(next) === 'oclock') next += 1;
  const oh = wordAt(next) === 'oh' ? 1 : 0;
  const after = words[next]?.afterPause === true ? null : numberAt(words, next + oh);
  const minute = after && after.value >= (oh === 1 ? 1 : 5) && after.value < 60 ? after : null;
  const hasMinute = minute !== null && (minute.value % 5 === 0 || oh === 1);
  if (!certain && !cue && !asked && !(hasMinute && minute.value >= 10)) return null;
  if (hasMinute) return clock(words, at, next + oh + minute.length, hour.value, minute.value);
  return clock(words, at, next, hour.value, 0);
}

function hourAt(
  words: readonly Word[],
  at: number,
  lenient: boolean,
): { value: number; length: number } | null {
  const number = numberAt(words, at);
  if (number) return number.value >= 1 && number.value <= 24 ? number : null;
  const value = lenient ? HOMOPHONES[words[at]?.word ?? ''] : undefined;
  return value === undefined ? null : { value, length: 1 };
}

/** "am", "p.m.", "in the morning" at `at`. */
function partAt(words: readonly Word[], at: number): { part: string; length: number } | null {
  const wordAt = (index: number): string => words[index]?.word ?? '';
  if (/^[ap]$/.test(wordAt(at)) && wordAt(at + 1) === 'm')
    return { part: PARTS[`${wordAt(at)}m`] ?? '', length: 2 };
  const skip =
    wordAt(at) === 'in' && wordAt(at + 1) === 'the'
      ? 2
      : wordAt(at) === 'at' || wordAt(at) === 'this'
        ? 1
        : 0;
  const part = PARTS[wordAt(at + skip)];
  return part === undefined ? null : { part, length: skip + 1 };
}

/** Words [from, to) as "at half past two", with the part of the day where it was said or the clock has 24 hours. */
function clock(
  words: readonly Word[],
  from: number,
  to: number,
  hour24: number,
  minute: number,
): Found | null {
  if (minute > 59) return null;
  const said = partAt(words, to);
  const hour = hour24 % 12 === 0 ? 12 : hour24 % 12;
  let part = said?.part ?? null;
  // "quarter to one" counts from 23 hours up: its hour of 24 says nothing.
  if (!part && hour24 > 12 && hour24 <= 23 && /\d/.test(words[to - 1]?.word ?? ''))
    part = PARTS['pm'] ?? null;
  if (part === PARTS['pm'] && hour >= 6 && hour < 12) part = PARTS['evening'] ?? null;
  return {
    value: `at ${spokenClock(hour, minute)}${part ? ` ${part}` : ''}`,
    from,
    to: to + (said?.length ?? 0),
  };
}

function spokenClock(hour: number, minute: number): string {
  const next = (hour % 12) + 1;
  if (minute === 0) return spokenNumber(hour);
  if (minute === 15) return `quarter past ${spokenNumber(hour)}`;
  if (minute === 30) return `half past ${spokenNumber(hour)}`;
  if (minute === 45) return `quarter to ${spokenNumber(next)}`;
  return `${spokenNumber(hour)} ${minute < 10 ? 'oh ' : ''}${spokenNumber(minute)}`;
}
