import { abbreviations, type Abbreviation } from './abbreviations.ts';

/** A piece of the generation's spoken text, ready for the TTS: `text` is its characters [from, to). */
export interface Clause {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** The first clause may be cut without punctuation once this many words are whole; earlier before a joining word. */
const FIRST_MAX_WORDS = 8;
const FIRST_MIN_WORDS = 2;
/** One long word ("Certainly,", "Здравствуйте!") is as good as two short ones. */
const FIRST_MIN_LETTERS = 8;
/** Sentences are joined up to at least this: the second clause soon, while the first is still playing. */
const SECOND_MIN_CHARS = 24;
const LATER_MIN_CHARS = 120;
const MAX_CHARS = 200;

/** Words a speaker takes breath before. */
const JOINING = new Set(
  (
    'and or but so because that which who when where if while then with without for from to at on in by about ' +
    'и или но а что чтобы потому который которая которые когда где если с без для от на в по из до за под через'
  ).split(' '),
);

/** After these a bare word may be the start of a host name ("at example.com"), so its full stop proves nothing. */
const BEFORE_HOST = new Set(
  'at to on via visit see site website page online from email e-mail сайт сайте сайта на адрес почта почту через'.split(
    ' ',
  ),
);

/** Marks that belong to the sentence before them. */
const TRAILING = /[.!?…)\]"'»”’]/;

/** What has to follow an undecided mark to make it a boundary. */
type Question = 'space' | 'capital';
type Strength = 'sentence' | 'clause';
interface Undecided {
  at: number;
  readonly strength: Strength;
  readonly question: Question;
}

/**
 * Cuts the spoken text of a generation, as it streams in, into clauses for the TTS: the first as early as it is
 * whole, because the caller waits for it; later ones in batches of whole sentences, because a synthesiser does
 * longer texts better and cheaper. Goes character by character, so the clauses do not depend on the tokens.
 *
 * In the first clause a full stop after a plain word cuts at once, without a look at the next character; an
 * ellipsis written as dots there ends the clause too (its other dots are dropped: the pause is the same).
 */
export class ClauseCutter {
  readonly #abbreviations: ReadonlyMap<string, Abbreviation>;
  #buffer = '';
  /** Position of buffer[0] in the spoken text. */
  #base = 0;
  /** Clauses cut since the last end(). */
  #count = 0;
  #undecided: Undecided | null = null;
  /** Last certain boundaries within the buffer; 0: none. */
  #sentenceEnd = 0;
  #clauseEnd = 0;
  /** The sentence just cut may be followed by more of its marks. */
  #dropsMarks = false;
  #out: Clause[] = [];

  constructor(language: string) {
    this.#abbreviations = abbreviations(language);
  }

  /** Clauses that `text` completed. */
  push(text: string): Clause[] {
    for (let at = 0; at < text.length; at += 1) this.#step(text.charAt(at));
    return this.#take();
  }

  /** The rest, however short. What is pushed afterwards starts afresh, further on in the same text. */
  end(): Clause[] {
    this.#cut(this.#buffer.length);
    this.#undecided = null;
    this.#dropsMarks = false;
    this.#count = 0;
    return this.#take();
  }

  #take(): Clause[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #step(character: string): void {
    if (this.#dropsMarks && this.#buffer === '' && TRAILING.test(character)) {
      this.#base += 1;
      return;
    }
    this.#dropsMarks = false;
    this.#buffer += character;
    this.#decide(character);
    // Deciding may have cut the buffer; what is left still ends with this character, if anything is.
    if (this.#buffer !== '') this.#judge(character, this.#buffer.length - 1);
    this.#limit();
  }

  /** Answers the question about an earlier mark, now that `character` has come after it. */
  #decide(character: string): void {
    const undecided = this.#undecided;
    if (!undecided) return;
    const at = this.#buffer.length - 1;
    const space = /\s/.test(character);
    if (space && undecided.question === 'capital') return;
    this.#undecided = null;
    if (at === undecided.at + 1 && !space) {
      if (/["'»”’)\]]/.test(character) && undecided.question === 'space')
        this.#boundary(at, undecided.strength);
    } else if (space || /\p{Lu}/u.test(character)) {
      this.#boundary(undecided.at, undecided.strength);
    }
  }

  /** Looks at the character at `at`, the buffer's last: is it a boundary, or one that only the next can tell? */
  #judge(character: string, at: number): void {
    switch (character) {
      case '\n':
        this.#boundary(at, 'sentence');
        return;
      case '.':
        this.#judgeFullStop(at);
        return;
      case '!':
      case '?':
        if (isAddress(this.#tokenBefore(at))) this.#ask(at, 'sentence', 'space');
        else this.#boundary(at, 'sentence');
        return;
      case ';':
        this.#boundary(at, 'clause');
        return;
      case ',':
      case ':':
      case '—':
      case '–':
        if (/\d$|https?$|mailto$/i.test(this.#tokenBefore(at))) this.#ask(at, 'clause', 'space');
        else this.#boundary(at, 'clause');
        return;
      default:
    }
  }

  #judgeFullStop(at: number): void {
    const token = this.#tokenBefore(at);
    const word = token.toLowerCase();
    const meaning = this.#abbreviations.get(word);
    if (token === '' || word.endsWith('.') || word.endsWith('…') || meaning === 'inside') return;
    // "1." of a list, "J." of a name
    if (/^\d+$/.test(word) && this.#buffer.slice(0, at).trim() === token) return;
    if (/^\p{Lu}$/u.test(token) && token !== 'I' && token !== 'Я') return;
    if (meaning === 'maybe_last' || /^(\p{L}\.)+\p{L}$/u.test(word)) this.#ask(at, 'sentence', 'capital');
    else if (this.#count === 0 && this.#isPlain(word, at)) this.#boundary(at, 'sentence');
    else this.#ask(at, 'sentence', 'space');
  }

  /** Whether a full stop after `word` ends a sentence, whatever comes next. */
  #isPlain(word: string, at: number): boolean {
    if (!/^\p{L}[\p{L}'’-]+$/u.test(word) || word === 'www') return false;
    const before = this.#buffer.slice(0, at - word.length).match(/([\p{L}-]+)\s+["'«“(]*$/u)?.[1];
    return before === undefined || !BEFORE_HOST.has(before.toLowerCase());
  }

  /** What stands directly before `at`, back to the last space, without opening quotes and brackets. */
  #tokenBefore(at: number): string {
    return this.#buffer.slice(0, at).match(/[^\s"'«“([]*$/)?.[0] ?? '';
  }

  #ask(at: number, strength: Strength, question: Question): void {
    this.#undecided = { at, strength, question };
  }

  #boundary(at: number, strength: Strength): void {
    const end = at + 1;
    if (strength === 'sentence') this.#sentenceEnd = end;
    else this.#clauseEnd = end;
    if (this.#count === 0) {
      if (isEnough(this.#buffer.slice(0, end))) this.#cut(end);
    } else if (strength === 'sentence') {
      if (end >= (this.#count === 1 ? SECOND_MIN_CHARS : LATER_MIN_CHARS)) this.#cut(end);
    }
    this.#dropsMarks = this.#buffer === '' && strength === 'sentence';
  }

  /** Cuts where no boundary came in time. */
  #limit(): void {
    if (this.#count === 0) {
      const border = firstClauseBorder(this.#buffer);
      if (border > 0) this.#cut(border);
    }
    if (this.#buffer.length <= MAX_CHARS) return;
    const lastSpace = this.#buffer.lastIndexOf(' ', MAX_CHARS - 1) + 1;
    this.#cut(this.#sentenceEnd || this.#clauseEnd || lastSpace || MAX_CHARS);
  }

  /** Hands out the buffer up to `end` and keeps the rest. */
  #cut(end: number): void {
    const piece = this.#buffer.slice(0, end);
    const text = piece.trim();
    if (/[\p{L}\p{N}]/u.test(text)) {
      const from = this.#base + piece.indexOf(text);
      this.#out.push({ text, from, to: from + text.length });
      this.#count += 1;
    }
    this.#buffer = this.#buffer.slice(end);
    this.#base += end;
    this.#sentenceEnd = Math.max(0, this.#sentenceEnd - end);
    this.#clauseEnd = Math.max(0, this.#clauseEnd - end);
    if (this.#undecided) this.#undecided.at -= end;
    if (this.#undecided && this.#undecided.at < 0) this.#undecided = null;
  }
}

function isAddress(token: string): boolean {
  return /:\/\/|^www\.|@/i.test(token);
}

/** Whether a first clause is long enough to be worth a synthesis of its own. */
function isEnough(text: string): boolean {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length >= FIRST_MIN_WORDS) return true;
  return words.join('').length >= FIRST_MIN_LETTERS;
}

/**
 * Where to cut a first clause that runs on without punctuation: before its last joining word, else before the
 * word that is one too many. Never behind a number or an abbreviation. 0: not yet.
 */
function firstClauseBorder(buffer: string): number {
  const starts = [...buffer.matchAll(/(?<=^|\s)\S/g)].map((match) => match.index);
  if (starts.length <= FIRST_MAX_WORDS) return 0;
  const whole = (at: number): boolean => !/[\d.,:]\s+$/.test(buffer.slice(0, at));
  const joins = (at: number): boolean =>
    JOINING.has(
      buffer
        .slice(at)
        .match(/^\p{L}+/u)?.[0]
        .toLowerCase() ?? '',
    );
  const borders = starts.slice(FIRST_MAX_WORDS / 2).filter(whole);
  // The last word has only begun to arrive: it may yet prove no joining word.
  return borders.slice(0, -1).findLast(joins) ?? borders.at(-1) ?? 0;
}
