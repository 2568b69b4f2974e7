interface Fitted {
  /** In units. */
  readonly width: number;
  /** What was asked for last, and the line that came of it. */
  room: number;
  shown: number;
  line: string;
}

/** Widths are whole numbers of these to a pixel: such numbers cost nothing to hand around. */
const UNITS = 64;
/** Share of a font's size that capitals and digits are high. */
const CAPITALS = 0.727;
const MAX_TEXTS = 4000;

/** Text in one font: measured once, and cut to a width without making new strings from frame to frame. */
export class Ink {
  readonly font: string;
  readonly #size: number;
  readonly #ctx: CanvasRenderingContext2D;
  /** In units, by UTF-16 code unit; 0: not measured yet. */
  readonly #widths = new Uint16Array(0x1_0000);
  readonly #texts = new Map<string, Fitted>();
  readonly #ellipsis: number;

  /** `sizePx` of the canvas. */
  constructor(ctx: CanvasRenderingContext2D, family: string, sizePx: number) {
    this.font = `${sizePx}px ${family}`;
    this.#size = sizePx;
    this.#ctx = ctx;
    this.#ellipsis = this.#measure('…');
  }

  /** The baseline that puts one line in the middle of a stretch. */
  baseline(top: number, height: number): number {
    return Math.round(top + (height + this.#size * CAPITALS) / 2);
  }

  width(text: string): number {
    return this.#known(text).width / UNITS;
  }

  /** The text, or as much of its beginning as fits, with an ellipsis; '' when not even one character does. */
  fit(text: string, maxPx: number): string {
    const known = this.#known(text);
    const room = Math.floor(maxPx * UNITS);
    if (known.width <= room) return text;
    if (known.room === room) return known.line;
    known.room = room;
    let shown = 0;
    let width = this.#ellipsis;
    while (shown < text.length) {
      width += this.#unit(text, shown);
      if (width > room) break;
      shown += 1;
    }
    // Neither a blank nor half of a surrogate pair stands before the ellipsis.
    while (shown > 0 && (text.charCodeAt(shown - 1) === 32 || isHighSurrogate(text, shown - 1))) shown -= 1;
    if (shown !== known.shown) {
      known.shown = shown;
      known.line = shown === 0 ? '' : `${text.slice(0, shown)}…`;
    }
    return known.line;
  }

  #known(text: string): Fitted {
    let known = this.#texts.get(text);
    if (known === undefined) {
      if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
      let width = 0;
      for (let i = 0; i < text.length; i += 1) width += this.#unit(text, i);
      known = { width, room: 0, shown: 0, line: '' };
      this.#texts.set(text, known);
    }
    return known;
  }

  #unit(text: string, index: number): number {
    const code = text.charCodeAt(index);
    let width = this.#widths[code] ?? 0;
    if (width === 0) {
      width = this.#measure(text.charAt(index));
      this.#widths[code] = width;
    }
    return width;
  }

  #measure(text: string): number {
    this.#ctx.font = this.font;
    return Math.ceil(this.#ctx.measureText(text).width * UNITS);
  }
}

function isHighSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xd800 && code < 0xdc00;
}
