import type { Language } from '../base/text.ts';

/** Figures of the table and the viewer, as a person reads them. */

const formats = new Map<string, Intl.DateTimeFormat>();

/** `Nov 23, 16:34`, with the year where it is not this one. */
export function shortTime(ms: number, language: Language, nowMs: number): string {
  const [date, now] = [new Date(ms), new Date(nowMs)];
  const thisYear = date.getFullYear() === now.getFullYear();
  const key = `${language} ${thisYear}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language, {
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      ...(!thisYear && { year: 'numeric' }),
    });
    formats.set(key, format);
  }
  return format.format(date);
}

export function longTime(ms: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'medium' }).format(new Date(ms));
}

/** A share of a whole as percents; finer where it is small. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value.toFixed(value === 0 || value >= 10 ? 0 : value < 0.1 ? 2 : 1)} %`;
}
