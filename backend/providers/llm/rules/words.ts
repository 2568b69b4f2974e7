import { editDistance } from '../../../base/edit-distance.ts';

/** A word as it was heard. */
export interface Word {
  /** Lower case. */
  readonly word: string;
  readonly raw: string;
  /** Punctuation stands between it and the word before. */
  readonly afterPause: boolean;
}

/** Words [from, to) of a turn. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const FILLER = /^(um|uh|uhm|er|erm|hm|hmm|э|эм|ну)$/;

/** Words of a transcript without the fillers: hyphens part them, apostrophes do not; "10:30" and "2.50" are one each. */
export function wordsOf(text: string): Word[] {
  const plain = text.normalize('NFKC').replaceAll('’', "'").replaceAll('ё', 'е').replaceAll('Ё', 'Е');
  const words: Word[] = [];
  let reached = 0;
  for (const match of plain.matchAll(/\d+(?:[:.]\d+)*|\p{L}+(?:'\p{L}+)*/gu)) {
    const word = match[0].toLowerCase();
    const between = plain.slice(reached, match.index);
    reached = match.index + word.length;
    if (!FILLER.test(word)) words.push({ word, raw: match[0], afterPause: /[.,;:!?—]/.test(between) });
  }
  return words;
}

/** How many letters a recogniser may get wrong in `length` of them. */
function tolerance(length: number): number {
  return length < 5 ? 0 : length < 8 ? 1 : 2;
}

/** Edit distance of a heard word from a known one, or null where they are too far apart to be the same. */
export function difference(heard: string, known: string): number | null {
  if (heard === known) return 0;
  if (heard[0] !== known[0] || Math.abs(heard.length - known.length) > 2) return null;
  const distance = editDistance(heard, known);
  return distance <= tolerance(known.length) ? distance : null;
}

export interface PhraseMatch extends Span {
  readonly distance: number;
}

/**
 * The best place of `phrase` among `words`. Compared as one run of letters, so that "check-up", "check up",
 * "checkup" and "chekup" are one phrase; `book*` is any word that begins so.
 */
export function findPhrase(phrase: string, words: readonly Word[]): PhraseMatch | null {
  const open = phrase.endsWith('*');
  const parts = wordsOf(phrase).map((word) => word.word);
  const letters = parts.join('');
  let best: PhraseMatch | null = null;
  for (let from = 0; from < words.length; from += 1) {
    let joined = '';
    for (let to = from + 1; to <= Math.min(words.length, from + parts.length + 1); to += 1) {
      joined += words[to - 1]?.word ?? '';
      const distance = open && joined.startsWith(letters) ? 0 : difference(joined, letters);
      if (distance !== null && (best === null || distance < best.distance)) best = { from, to, distance };
    }
  }
  return best;
}

/** The best of several phrases. */
export function findAny(phrases: readonly string[], words: readonly Word[]): PhraseMatch | null {
  let best: PhraseMatch | null = null;
  for (const phrase of phrases) {
    const match = findPhrase(phrase, words);
    if (match && (best === null || match.distance < best.distance)) best = match;
  }
  return best;
}
