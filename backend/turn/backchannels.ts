/**
 * Listeners say "mm-hm" to let the speaker go on, not to stop them (Yngve 1970 named these backchannels). Said over
 * the bot they do not interrupt. "no", "stop", "wait" must never stand here.
 */

/** Sounds that are words in no language but come out of recognisers for all of them. */
const sounds = 'mm, mhm, mm-hm, mmhm, hm, uh, um, er, ah, oh, eh, aha, uh-huh, ha';

const lists: Readonly<Record<string, string>> = {
  en:
    'yeah, yep, yup, yes, ok, okay, right, sure, alright, all right, i see, got it, good, great, fine, cool, ' +
    'nice, wow, exactly, of course, true, go on, uhuh, mkay',
  ru:
    'ага, угу, да, так, ну, ну да, ясно, понятно, понял, поняла, хорошо, окей, ок, конечно, верно, точно, ' +
    'ладно, именно, мгм, хм, мм, э, эм, а, о, ух, ого',
  de: 'ja, jo, okay, ok, genau, gut, klar, stimmt, richtig, ach so, verstehe, alles klar',
  es: 'sí, si, ok, okay, vale, claro, ya, bien, bueno, ajá, entiendo, de acuerdo',
  fr: "oui, ouais, ok, okay, d'accord, bien, bon, voilà, je vois, bien sûr, hein, ben",
};

/** The list for `en`, `ru-RU`, ...; a language without one has the sounds alone. */
export function backchannelsOf(language: string): readonly string[] {
  const own = lists[language.slice(0, 2)];
  return (own === undefined ? sounds : `${own}, ${sounds}`).split(', ');
}

/**
 * Words of a transcript as they are compared: lower case, no punctuation, hyphens open, letters held long cut short
 * ("Hmmm" = "hm"). Notes that recognisers write about sounds, "[MUSIC]" or "(coughs)", are no words.
 */
export function wordsOf(text: string): string[] {
  const spoken = text
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replaceAll(/\[[^\]]*\]|\([^)]*\)/gu, ' ');
  const words = spoken.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’]*/gu) ?? [];
  return words.map((word) => word.replaceAll('’', "'").replaceAll(/(\p{L})\1+/gu, '$1'));
}

/** True when the text is put together from listed phrases only: "Mm-hm, yeah." True for no words at all. */
export function isBackchannel(text: string, list: readonly string[]): boolean {
  const phrases = list.map(wordsOf).filter((phrase) => phrase.length > 0);
  const words = wordsOf(text);
  // covered[n]: the first n words can be put together; phrases overlap ("all right", "right"), so try them all.
  const covered = [true];
  for (let end = 1; end <= words.length; end += 1) {
    covered[end] = phrases.some((phrase) => {
      const start = end - phrase.length;
      return covered[start] === true && phrase.every((word, i) => words[start + i] === word);
    });
  }
  return covered[words.length] === true;
}
