/** Shortest and longest stretch on show: one packet to an hour. */
export const MIN_SPAN_MS = 20;
export const MAX_SPAN_MS = 3_600_000;
/** Where the newest instant stands, as a share of the width: behind it is room for what comes. */
export const NEWEST_AT = 0.92;
const FIRST_SPAN_MS = 20_000;

/**
 * Which stretch of a call is on show, and where its instants stand. Pixels are the canvas's own. Changed in place,
 * since it moves with every frame of a call going on. It begins at 0 at the earliest, and at the latest where the
 * newest instant stands at its place.
 */
export class View {
  #from = 0;
  #span = FIRST_SPAN_MS;
  #width = 1;
  #end = 0;
  /** Of the three above; kept, since everything that is drawn asks for them. */
  #msPerPx = FIRST_SPAN_MS;
  #firstColumn = 0;
  #following: boolean;
  #measured = false;

  constructor(following: boolean) {
    this.#following = following;
  }

  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#from + this.#span;
  }

  get span(): number {
    return this.#span;
  }

  get width(): number {
    return this.#width;
  }

  /** The newest instant there is, ms. */
  get end(): number {
    return this.#end;
  }

  get following(): boolean {
    return this.#following;
  }

  get msPerPx(): number {
    return this.#msPerPx;
  }

  /** The whole pixel that an instant is drawn at. What scrolls moves by whole pixels and keeps its shape. */
  x(ms: number): number {
    return Math.round(ms / this.#msPerPx) - this.#firstColumn;
  }

  /** Columns of pixels since the call's start that the first one on show comes after. */
  get firstColumn(): number {
    return this.#firstColumn;
  }

  /** The instant under a pixel. */
  at(x: number): number {
    return this.#from + x * this.#msPerPx;
  }

  /** `widthPx` of the canvas. The time scale stays; `zoomed`: how much larger a pixel became (another display). */
  resize(widthPx: number, zoomed = 1): void {
    const width = Math.max(1, widthPx);
    if (this.#measured) this.#span *= width / this.#width / zoomed;
    this.#measured = true;
    this.#width = width;
    this.#settle();
  }

  /** The call has come to `endMs`. */
  advance(endMs: number): void {
    this.#end = Math.max(0, endMs);
    this.#settle();
  }

  /** Shows `factor` times as much. The instant at pixel `x` stays there; while following, the newest one does. */
  zoom(factor: number, x: number): void {
    const pinned = this.at(x);
    const before = this.#span;
    this.#span *= factor;
    this.#bound();
    this.#from = pinned - (pinned - this.#from) * (this.#span / before);
    this.#settle();
  }

  pan(px: number): void {
    this.show(this.#from + px * this.#msPerPx, this.to + px * this.#msPerPx);
  }

  /** Stops following and shows [from, to), or as much as may be. */
  show(fromMs: number, toMs: number): void {
    this.#following = false;
    this.#span = toMs - fromMs;
    this.#bound();
    this.#from = fromMs;
    this.#settle();
  }

  /** Moves so far that the instant is in the middle. */
  centre(ms: number): void {
    this.show(ms - this.#span / 2, ms + this.#span / 2);
  }

  /** All there is. */
  fit(): void {
    this.show(0, this.#end / NEWEST_AT);
  }

  follow(): void {
    this.#following = true;
    this.#settle();
  }

  pause(): void {
    this.#following = false;
  }

  #bound(): void {
    const longest = Math.max(MAX_SPAN_MS, this.#end / NEWEST_AT);
    this.#span = Math.min(longest, Math.max(MIN_SPAN_MS, this.#span));
  }

  #settle(): void {
    this.#bound();
    const latest = Math.max(0, this.#end - this.#span * NEWEST_AT);
    this.#from = this.#following ? latest : Math.min(latest, Math.max(0, this.#from));
    this.#msPerPx = this.#span / this.#width;
    this.#firstColumn = Math.round(this.#from / this.#msPerPx);
  }
}
