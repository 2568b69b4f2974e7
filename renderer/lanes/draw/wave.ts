import type { TrackStore } from '../../../backend/fold/tracks.ts';
import type { Columns } from '../columns.ts';
import type { View } from '../view.ts';

/** Height of each peak 0..128 as a share: quiet speech is lifted, so that it is seen in a low lane. */
const HEIGHT_OF = Float32Array.from({ length: 129 }, (_, peak) => Math.pow(peak / 128, 0.75));

function heightOf(value: number): number {
  return value < 0 ? -(HEIGHT_OF[-value] ?? 1) : (HEIGHT_OF[value] ?? 1);
}

/** Columns from the lowest to the highest sample, in the fill style that is set; nothing where nothing is known. */
export function drawWave(
  ctx: CanvasRenderingContext2D,
  columns: Columns,
  tracks: TrackStore,
  view: View,
  top: number,
  height: number,
  line: number,
): void {
  const first = view.firstColumn;
  const last = columns.read(tracks, view);
  const half = (height - line) / 2;
  const middle = top + half;
  // Columns that look the same are one rectangle.
  let begins = 0;
  let y = 0;
  let high = 0;
  for (let x = 0; x <= last; x += 1) {
    let nextY = 0;
    let nextHigh = 0;
    if (x < last) {
      const lowest = columns.lowest(first + x);
      const highest = columns.highest(first + x);
      if (lowest <= highest) {
        nextY = Math.round(middle - heightOf(highest) * half);
        nextHigh = Math.round(middle - heightOf(lowest) * half) - nextY + line;
      }
    }
    if (x < last && nextY === y && nextHigh === high) continue;
    if (high > 0) ctx.fillRect(begins, y, x - begins, high);
    begins = x;
    y = nextY;
    high = nextHigh;
  }
}

/** The highest value of each column as one stepped line: `full` is at the top, 0 at the bottom. */
export function drawLevel(
  ctx: CanvasRenderingContext2D,
  columns: Columns,
  tracks: TrackStore,
  view: View,
  top: number,
  height: number,
  line: number,
  full: number,
): void {
  const first = view.firstColumn;
  const last = columns.read(tracks, view);
  const room = height - line;
  let begins = 0;
  let y = -1;
  for (let x = 0; x <= last; x += 1) {
    let nextY = -1;
    const highest = x < last ? columns.highest(first + x) : -1;
    if (highest >= 0) nextY = top + room - Math.round((Math.min(full, highest) / full) * room);
    if (x < last && nextY === y) continue;
    if (y >= 0) {
      ctx.fillRect(begins, y, x - begins, line);
      if (nextY >= 0) ctx.fillRect(x, Math.min(y, nextY), line, Math.abs(nextY - y) + line);
    }
    begins = x;
    y = nextY;
  }
}

/** A bar in each column in which something was counted. */
export function drawCounts(
  ctx: CanvasRenderingContext2D,
  columns: Columns,
  tracks: TrackStore,
  view: View,
  top: number,
  height: number,
  line: number,
): void {
  const first = view.firstColumn;
  const last = columns.read(tracks, view);
  for (let x = 0; x < last; x += 1) {
    if (columns.highest(first + x) > 0) ctx.fillRect(x, top, Math.max(2 * line, 1), height);
  }
}
