/** Where a rule may apply. */
interface Surroundings {
  readonly lineStart: boolean;
  /** Raw characters directly before and after the match; '' at the ends. */
  readonly before: string;
  readonly after: string;
}

interface Rule {
  /** What is replaced, sticky. */
  readonly whole: RegExp;
  /** Any beginning of it that ends with the text so far: more has to come before anything is decided. Sticky. */
  readonly begun: RegExp;
  readonly where?: (around: Surroundings) => boolean;
  readonly say: (match: string, around: Surroundings) => string;
  /** Everything up to and with this text is dropped as well. */
  readonly until?: (match: string) => string;
}

const nothing = (): string => '';
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&nbsp;': ' ',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&apos;': "'",
};

/** In order: the first that applies at a place has it. */
const RULES: readonly Rule[] = [
  {
    // Reasoning models think aloud before they answer.
    whole: /<(think|thinking|reasoning)>/iy,
    begun: /<[a-z]*$/iy,
    say: nothing,
    until: (match) => `</${match.slice(1)}`,
  },
  { whole: /```/y, begun: /`{1,2}$/y, say: nothing, until: () => '```' },
  {
    // HTML; <https://...> and <a@b.c> are links.
    whole: /<[a-z/!][^<>\n]{0,200}>/iy,
    begun: /<(?:[a-z/!][^<>\n]{0,200})?$/iy,
    say: (match) => {
      if (/^<(?:br|\/?(?:p|div|li|tr|h\d))\b/i.test(match)) return '\n';
      return /^<(?:https?:|[^\s"=]+@)/i.test(match)
        ? match.slice(1, -1).replace(/^https?:\/\/(www\.)?/i, '')
        : '';
    },
  },
  {
    whole: /&(?:#39|[a-z]{2,4});/iy,
    begun: /&(?:#3?9?|[a-z]{0,4})$/iy,
    say: (match) => ENTITIES[match] ?? match,
  },
  {
    // Headers, list markers, quotes.
    whole: /(?:#{1,6}|[-+*•◦‣])[ \t]+|>+[ \t]*/y,
    begun: /(?:#{1,6}|[-+*•◦‣])[ \t]*$|>+[ \t]*$/y,
    where: (around) => around.lineStart,
    say: nothing,
  },
  { whole: /-{3,}|={3,}/y, begun: /-+$|=+$/y, say: () => ' ' },
  {
    // Bold and italics; between digits it multiplies.
    whole: /\*+/y,
    begun: /\*+$/y,
    say: (_, { before, after }) => (/\d/.test(before) && /\d/.test(after) ? '*' : ''),
  },
  {
    whole: /_+/y,
    begun: /_+$/y,
    say: (match, { before, after }) => (isWord(before) && isWord(after) ? match : ''),
  },
  { whole: /~+/y, begun: /~+$/y, say: nothing },
  // [text](url), ![text](url)
  { whole: /!\[/y, begun: /!$/y, where: ({ before }) => before === '' || /\s/.test(before), say: nothing },
  { whole: /\](?:\([^()\n]{0,300}\))?/y, begun: /\](?:\([^()\n]{0,300})?$/y, say: nothing },
  { whole: /[[`\\]/y, begun: /(?!)/y, say: nothing },
  { whole: /\|/y, begun: /(?!)/y, say: () => ' ' },
  {
    whole: /https?:\/\/(?:www\.)?/iy,
    begun: /(?:h|ht|htt|https?|https?:|https?:\/|https?:\/\/w{0,3})$/iy,
    where: ({ before }) => !isWord(before),
    say: nothing,
  },
  {
    // Emoji with their joiners and colours, arrows, invisible characters.
    whole:
      /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u{fe0e}|\u{fe0f}|\u{20e3}|[\u{ad}\u{200b}-\u{200f}\u{2060}\u{feff}\u{e0020}-\u{e007f}←-⇿]|(?![\n\t\r])\p{Cc}/uy,
    // The first half of a surrogate pair.
    begun: /[\ud800-\udbff]$/y,
    say: nothing,
  },
];

/**
 * Takes out of an LLM's reply, as it streams in, what cannot be spoken: markdown, HTML, emoji, code, thoughts. What
 * comes out has single spaces, and newlines where lines ended. The result does not depend on the tokens: whatever
 * may be the beginning of a mark-up is held back until it is decided.
 */
export class SpeakableText {
  #held = '';
  /** Everything is dropped up to and with this. */
  #until: string | null = null;
  #lineStart = true;
  #before = '';
  /** Last character handed out; '' before the first. */
  #last = '';
  #join = false;

  /** What of `text`, and of what was held back before, can be spoken now. */
  push(text: string): string {
    this.#held += text;
    return this.#run(false);
  }

  /** The rest. What is pushed afterwards (the model goes on after a tool call) is a paragraph of its own. */
  end(): string {
    const out = this.#run(true);
    this.#held = '';
    this.#until = null;
    this.#lineStart = true;
    this.#before = '';
    this.#join = true;
    return out;
  }

  #run(ending: boolean): string {
    let out = '';
    let at = 0;
    while (at < this.#held.length) {
      if (this.#until !== null) {
        const close = this.#held.toLowerCase().indexOf(this.#until, at);
        if (close < 0) {
          // All but a possible beginning of the closing mark can go.
          at = Math.max(at, this.#held.length - this.#until.length + 1);
          break;
        }
        at = close + this.#until.length;
        this.#until = null;
        continue;
      }
      const length = this.#apply(at, ending);
      if (length === null) break;
      out += this.#spaced(length.say);
      at += length.taken;
    }
    this.#held = this.#held.slice(at);
    return out;
  }

  /** What the text at `at` becomes and how much of it that is; null: too early to tell. */
  #apply(at: number, ending: boolean): { taken: number; say: string } | null {
    const text = this.#held;
    const around = { lineStart: this.#lineStart, before: this.#before, after: '' };
    for (const rule of RULES) {
      if (rule.where && !rule.where(around)) continue;
      if (!ending && matchAt(rule.begun, text, at) !== null) return null;
      const match = matchAt(rule.whole, text, at);
      if (match === null) continue;
      this.#until = rule.until ? rule.until(match).toLowerCase() : null;
      // The next character may be missing only where the rule does not look at it, or at the very end.
      around.after = text.charAt(at + match.length);
      return { taken: match.length, say: rule.say(match, around) };
    }
    const character = text.charAt(at);
    this.#lineStart = character === '\n' || (this.#lineStart && /\s/.test(character));
    this.#before = character;
    return { taken: 1, say: character };
  }

  /** `text` with runs of white space made one. */
  #spaced(text: string): string {
    let out = '';
    for (const character of text) {
      const space = /\s/.test(character);
      if (!space && this.#join && this.#last !== '' && !/\s/.test(this.#last)) out += ' ';
      if (!space) this.#join = false;
      const as = space ? (character === '\n' ? '\n' : ' ') : character;
      if (space && (this.#last === '' || this.#last === '\n' || (this.#last === ' ' && as === ' '))) continue;
      out += as;
      this.#last = as;
    }
    return out;
  }
}

function matchAt(sticky: RegExp, text: string, at: number): string | null {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0] ?? null;
}

function isWord(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character);
}
