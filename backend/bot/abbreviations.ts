/**
 * What a full stop after an abbreviation means: 'inside', something always follows ("Dr. Wilson"); 'maybe_last', the
 * sentence may end here and a capital letter tells ("No. 5", "at 9 a.m. We open").
 */
export type Abbreviation = 'inside' | 'maybe_last';

interface Lists {
  readonly inside: string;
  readonly maybeLast: string;
}

/** Without their last full stop, lower case. */
const LISTS: Readonly<Record<string, Lists>> = {
  en: {
    inside: 'mr mrs ms dr prof rev gen sgt capt st mt vs e.g i.e approx',
    maybeLast:
      'no nos nr fig p pp vol ch sec min max ext a.m p.m etc inc ltd co corp jr sr ave blvd rd dept ' +
      'jan feb aug sept oct nov dec',
  },
  ru: {
    // "г." is a town before a name and a year after a number: joining two sentences is the smaller harm.
    inside:
      'т т.е т.к т.н т.о им г гр ул пер пр-т просп наб пл б-р ш обл р-н г-н г-жа проф акад тел см напр и.о',
    maybeLast:
      'т.д т.п др пр д кв стр корп оф эт п пп гл рис руб р коп гг вв тыс млн млрд мин сек ч час кг км м шт чел',
  },
  de: {
    inside: 'hr fr dr prof z.b d.h u.a z.t bzw ca inkl zzgl evtl ggf st',
    maybeLast: 'nr tel abs art kap bd s str usw etc min std mio mrd',
  },
  es: {
    inside: 'sr sra srta dr dra prof p.ej ej aprox avda',
    maybeLast: 'núm nº pág tel art etc ud uds a.m p.m',
  },
  fr: {
    inside: 'm mm mme mlle dr pr st ste p.ex env av bd',
    maybeLast: 'no n° tél art p chap etc min max',
  },
};

/** Abbreviations of `language` ('ru', 'en-GB'), and the English ones, which turn up everywhere. */
export function abbreviations(language: string): ReadonlyMap<string, Abbreviation> {
  const known = new Map<string, Abbreviation>();
  for (const lists of [LISTS['en'], LISTS[language.slice(0, 2)]]) {
    if (!lists) continue;
    for (const word of lists.inside.split(' ')) known.set(word, 'inside');
    for (const word of lists.maybeLast.split(' ')) known.set(word, 'maybe_last');
  }
  return known;
}
