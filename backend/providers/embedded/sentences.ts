/** Short words whose full stop ends no sentence, English and Russian. */
const ABBREVIATION = /(?:^|\s)(?:mr|mrs|ms|dr|prof|st|vs|г|д|ул|им|стр|кв|корп|тел|руб)\.\s*$/iu;

/** Sentences of `text`, trimmed, without the empty ones. */
export function sentences(text: string, language: string): string[] {
  const found: string[] = [];
  let begun = '';
  for (const { segment } of new Intl.Segmenter(language, { granularity: 'sentence' }).segment(text)) {
    begun += segment;
    if (ABBREVIATION.test(begun)) continue;
    found.push(begun);
    begun = '';
  }
  found.push(begun);
  return found.map((sentence) => sentence.trim()).filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
}
