import type { LanesData } from '../data.ts';
import { SAMPLES_PER_MS } from '../data.ts';
import type { Box } from '../layout.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';
import { drawCounts, drawLevel } from './wave.ts';

/** Upper ends of the scale, ms: the least that holds what is on show. */
const SCALES_MS = [5, 10, 20, 50, 128];
const ends = new Int16Array(2);

/** Jitter as a line, packets lost and late as ticks in two strips below it. */
export function drawNetwork(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  { tracks, columns, names }: LanesData,
  { scale, line, colours, figures }: Palette,
): void {
  const pad = Math.round(4 * scale);
  const strip = Math.round(4 * scale);
  const top = box.top + pad;
  const height = box.height - 4 * pad - strip;
  const known = tracks.range('jitter', view.from * SAMPLES_PER_MS, view.to * SAMPLES_PER_MS, ends);
  const highest = known ? (ends[1] ?? 0) / 2 : 0;
  let full = SCALES_MS[0] ?? 0;
  for (const candidate of SCALES_MS) {
    full = candidate;
    if (candidate >= highest) break;
  }
  ctx.fillStyle = colours.system;
  drawLevel(ctx, columns.jitter, tracks, view, top, height, line, full * 2);
  const stripTop = top + height + pad;
  ctx.fillStyle = colours.danger;
  drawCounts(ctx, columns.lost, tracks, view, stripTop, strip, line);
  ctx.fillStyle = colours.warning;
  drawCounts(ctx, columns.late, tracks, view, stripTop + strip + line, strip, line);
  if (!known) return;
  const label = names.ms(full);
  ctx.fillStyle = colours['text-faint'];
  ctx.font = figures.font;
  ctx.fillText(
    label,
    view.width - figures.width(label) - pad,
    figures.baseline(box.top, Math.round(16 * scale)),
  );
}
