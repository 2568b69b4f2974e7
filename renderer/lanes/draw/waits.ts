import type { LanesData } from '../data.ts';
import { firstSpan } from '../data.ts';
import type { Box } from '../layout.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';

/** Six stages and the residual. */
const ROWS = 7;

/** What each answer's wait was made of: one thin bar for each stage, below one another, and the total behind them. */
export function drawWaits(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  { timeline, names }: LanesData,
  { scale, line, colours, stages, figures }: Palette,
): void {
  const pad = Math.round(5 * scale);
  const row = Math.floor((box.height - 2 * pad) / ROWS);
  const bar = row - line;
  const top = box.top + pad;
  const baseline = figures.baseline(box.top, box.height);
  const waterfalls = timeline.waterfalls;
  for (let i = firstSpan(waterfalls, view.from - 100 * scale * view.msPerPx); i < waterfalls.length; i += 1) {
    const waterfall = waterfalls[i];
    if (waterfall === undefined || waterfall.from > view.to) break;
    const from = view.x(waterfall.from);
    const to = Math.max(from + line, view.x(waterfall.to));
    ctx.fillStyle = colours['surface-2'];
    ctx.fillRect(from, top, to - from, ROWS * row - line);
    const own = waterfall.stages;
    let y = top;
    let reached = from;
    for (let k = 0; k < own.length; k += 1) {
      const stage = own[k];
      if (stage === undefined) break;
      reached = view.x(stage.to);
      ctx.fillStyle = stages[stage.key];
      if (stage.to > stage.from) drawBar(ctx, view.x(stage.from), reached, y, bar, line);
      y += row;
    }
    ctx.fillStyle = stages.residual;
    if (waterfall.residualMs > 0) drawBar(ctx, reached, to, y, bar, line);
    const next = waterfalls[i + 1];
    const label = names.ms(Math.round(waterfall.totalMs));
    const room = next === undefined ? Infinity : view.x(next.from) - to;
    if (figures.width(label) + 2 * pad > room) continue;
    ctx.fillStyle = colours.text;
    ctx.font = figures.font;
    ctx.fillText(label, to + pad, baseline);
  }
}

function drawBar(
  ctx: CanvasRenderingContext2D,
  from: number,
  to: number,
  y: number,
  height: number,
  line: number,
): void {
  ctx.fillRect(from, y, Math.max(line, to - from), height);
}
