import type { SignalTrack } from '../../backend/contract/signals.ts';
import type { TrackStore } from '../../backend/fold/tracks.ts';
import { SAMPLES_PER_MS } from './data.ts';
import type { View } from './view.ts';

/** Nothing is known of a column: its lowest value is above its highest. */
const NOTHING_LOWEST = 1;
const NOTHING_HIGHEST = -1;

const ends = new Int16Array(2);

/**
 * The lowest and highest value of one track in each column of pixels on show. Columns are counted from the call's
 * start, so that what scrolls is read once and keeps its shape.
 */
export class Columns {
  readonly #track: SignalTrack;
  /** Rings: a column is kept at its number modulo their length. */
  #lowest = new Int16Array(0);
  #highest = new Int16Array(0);
  /** What is kept: columns [from, to), all of them complete. */
  #from = 0;
  #to = 0;
  #msPerPx = 0;

  constructor(track: SignalTrack) {
    this.#track = track;
  }

  /** Reads what came on show. Returns how many columns of the view have begun: those there may be something in. */
  read(tracks: TrackStore, view: View): number {
    const { msPerPx, width, firstColumn } = view;
    const perColumn = msPerPx * SAMPLES_PER_MS;
    if (this.#lowest.length < width) {
      this.#lowest = new Int16Array(2 * width);
      this.#highest = new Int16Array(2 * width);
      this.forget();
    }
    const end = tracks.end(this.#track) / perColumn;
    const last = Math.min(firstColumn + width, Math.ceil(end));
    const complete = Math.min(last, Math.floor(end));
    const joins = this.#from <= firstColumn && firstColumn <= this.#to;
    if (msPerPx !== this.#msPerPx || !joins) {
      this.#msPerPx = msPerPx;
      this.#to = firstColumn;
    }
    for (let column = Math.max(firstColumn, this.#to); column < last; column += 1) {
      const known = tracks.range(this.#track, column * perColumn, (column + 1) * perColumn, ends);
      const at = column % this.#lowest.length;
      this.#lowest[at] = known ? (ends[0] ?? 0) : NOTHING_LOWEST;
      this.#highest[at] = known ? (ends[1] ?? 0) : NOTHING_HIGHEST;
    }
    this.#from = firstColumn;
    this.#to = Math.max(firstColumn, complete, Math.min(this.#to, firstColumn + width));
    return Math.max(0, last - firstColumn);
  }

  lowest(column: number): number {
    return this.#lowest[column % this.#lowest.length] ?? NOTHING_LOWEST;
  }

  highest(column: number): number {
    return this.#highest[column % this.#highest.length] ?? NOTHING_HIGHEST;
  }

  /** What was read is read anew: values that came late may have taken its place. */
  forget(): void {
    this.#msPerPx = 0;
  }
}
