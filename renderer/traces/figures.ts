import type { Language } from '../base/text.ts';

/** Figures of the table and the viewer, as a person reads them. */

/** Made once: making one takes a hundred times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** `Nov 23, 16:34`, with the year where it is not this one. */
export function shortTime(ms: number, language: Language, nowMs: number): string {
  const [date, now] = [new Date(ms), new Date(nowMs)];
  const thisYear = date.getFullYear() === now.getFullYear();
  return formatOf(language, thisYear ? 'short' : 'short with the year').format(date);
}

export function longTime(ms: number, language: Language): string {
  return formatOf(language, 'long').format(new Date(ms));
}

const SHORT: Intl.DateTimeFormatOptions = {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
};
const LENGTHS = {
  short: SHORT,
  'short with the year': { ...SHORT, year: 'numeric' },
  long: { dateStyle: 'long', timeStyle: 'medium' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

function formatOf(language: Language, length: keyof typeof LENGTHS): Intl.DateTimeFormat {
  const key = `${language} ${length}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language, LENGTHS[length]);
    formats.set(key, format);
  }
  return format;
}

/** A share of a whole as percents; finer where it is small. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value.toFixed(value === 0 || value >= 10 ? 0 : value < 0.1 ? 2 : 1)} %`;
}
