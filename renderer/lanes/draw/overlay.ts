import type { Span } from '../../../backend/fold/types.ts';
import type { LanesData } from '../data.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';

/** What lies over all lanes: the selection, what is pointed at from outside, now, what is being heard, and the pointer's crosshair. */
export function drawOverlay(
  ctx: CanvasRenderingContext2D,
  height: number,
  view: View,
  data: LanesData,
  palette: Palette,
): void {
  const { line, colours } = palette;
  if (data.highlight !== null) drawStretch(ctx, height, view, data.highlight, data.nowMs, 0.14, palette);
  if (data.selection !== null) drawStretch(ctx, height, view, data.selection, data.nowMs, 0.2, palette);
  if (data.live) {
    ctx.fillStyle = colours.accent;
    ctx.fillRect(view.x(data.nowMs), 0, line, height);
  }
  if (data.playedMs !== null) drawPlayhead(ctx, height, view.x(data.playedMs), palette);
  if (data.pointerX !== null) {
    ctx.fillStyle = colours['text-faint'];
    ctx.fillRect(Math.round(data.pointerX), 0, line, height);
  }
}

/** A line with a handle in the ruler. */
function drawPlayhead(
  ctx: CanvasRenderingContext2D,
  height: number,
  x: number,
  { scale, line, colours }: Palette,
): void {
  const half = Math.round(4 * scale);
  ctx.fillStyle = colours.danger;
  ctx.fillRect(x, 0, line, height);
  for (let row = 0; row < half; row += line) {
    const wide = half - row;
    ctx.fillRect(x - wide, half + row, 2 * wide + line, line);
  }
  ctx.fillRect(x - half, 0, 2 * half + line, half);
}

function drawStretch(
  ctx: CanvasRenderingContext2D,
  height: number,
  view: View,
  span: Span,
  nowMs: number,
  veil: number,
  { line, colours }: Palette,
): void {
  const from = Math.max(-line, view.x(span.from));
  const to = Math.min(view.width + line, view.x(span.to ?? nowMs));
  if (to < from) return;
  ctx.fillStyle = colours.accent;
  ctx.globalAlpha = veil;
  ctx.fillRect(from, 0, to - from, height);
  ctx.globalAlpha = 1;
  ctx.fillRect(from, 0, line, height);
  ctx.fillRect(to - line, 0, line, height);
}
