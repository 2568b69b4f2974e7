import type { LanesData } from '../data.ts';
import { firstSpan } from '../data.ts';
import type { Box } from '../layout.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';
import { drawLevel, drawWave } from './wave.ts';

const MOST_PROBABLE = 255;
/** From this many milliseconds to a CSS pixel on, a line that goes up and down with each word is a blot. */
const COARSE_MS = 150;

/** The caller's waveform, the probability of speech over it, and a band below where it was taken for speech. */
export function drawCaller(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  { timeline, tracks, columns, nowMs }: LanesData,
  { scale, line, colours }: Palette,
): void {
  const pad = Math.round(4 * scale);
  const band = Math.round(3 * scale);
  const top = box.top + pad;
  const height = box.height - 3 * pad - band;
  ctx.fillStyle = colours['caller-wave'];
  drawWave(ctx, columns.caller, tracks, view, top, height, line);
  if (view.msPerPx * scale < COARSE_MS) {
    ctx.fillStyle = colours['text-dim'];
    drawLevel(ctx, columns.voice, tracks, view, top, height, line, MOST_PROBABLE);
  }

  const spans = timeline.speech;
  const bandTop = box.top + box.height - pad - band;
  ctx.fillStyle = colours.caller;
  for (let i = firstSpan(spans, view.from); i < spans.length; i += 1) {
    const span = spans[i];
    if (span === undefined || span.from > view.to) break;
    const from = view.x(span.from);
    ctx.fillRect(from, bandTop, Math.max(line, view.x(span.to ?? nowMs) - from), band);
  }
}
