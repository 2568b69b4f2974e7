import type { Espeak } from './espeak.ts';

/** Marks that Piper voices know, by what is written. */
const MARKS: Readonly<Record<string, string>> = { '…': '.', '–': ',', '—': ',' };
/** A clause mark is one at the end of a word: "10:30" and "5,000" are whole. */
const CLAUSE_MARK = /([,;:–—]+)(?=\s|$)/u;
const CLOSING_MARK = /([.!?…]+)["')\]»”]*$/u;

const PAD = '_';
const BEGIN = '^';
const END = '$';

/**
 * IPA of a sentence with its punctuation, which espeak strips and a Piper voice needs for its melody. Numbers, times
 * and abbreviations are espeak's business.
 */
export function sentencePhonemes(sentence: string, espeak: Pick<Espeak, 'phonemes'>, voice: string): string {
  const closing = CLOSING_MARK.exec(sentence);
  const body = closing ? sentence.slice(0, closing.index) : sentence;
  const parts = body.split(CLAUSE_MARK);
  let spoken = '';
  for (let i = 0; i < parts.length; i += 2) {
    const words = espeak.phonemes(parts[i] ?? '', voice);
    if (words === '') continue;
    spoken += `${spoken === '' ? '' : ' '}${words}${mark(parts[i + 1])}`;
  }
  return spoken + (mark(closing?.[1]) || '.');
}

/** Ids of a Piper voice: padding after each, unknown sounds left out. */
export function phonemeIds(phonemes: string, map: Readonly<Record<string, readonly number[]>>): number[] {
  const pad = map[PAD] ?? [];
  const ids = [...(map[BEGIN] ?? []), ...pad];
  for (const sound of phonemes.normalize('NFD')) {
    const id = map[sound];
    if (id) ids.push(...id, ...pad);
  }
  ids.push(...(map[END] ?? []));
  return ids;
}

function mark(written: string | undefined): string {
  const first = written?.[0] ?? '';
  return MARKS[first] ?? first;
}
