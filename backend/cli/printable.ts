/** Control characters but tab, line and paragraph separators, and marks that reorder text (UAX #9). */
const UNPRINTABLE = /[^\P{Cc}\t]|[\u2028-\u202E\u2066-\u2069]/gu;

/**
 * One line for a terminal, of words that may be anybody's (a caller, a model, a trace that was sent here): nothing in
 * it ends the line, moves the cursor, changes colours or titles, or reverses what is read.
 */
export function printable(line: string): string {
  return line.replaceAll(UNPRINTABLE, '\uFFFD');
}
