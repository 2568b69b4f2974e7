import type { LanesData } from '../data.ts';
import { firstInstant } from '../data.ts';
import type { Box } from '../layout.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';
import { drawText } from './box.ts';

/** Flags with what was written on them. */
export function drawMarks(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  { marks }: LanesData,
  { scale, line, colours, words }: Palette,
): void {
  const pad = Math.round(3 * scale);
  const inset = Math.round(5 * scale);
  const top = box.top + pad;
  const height = box.height - pad;
  const baseline = words.baseline(top, height - pad);
  for (let i = firstInstant(marks, view.from - 400 * scale * view.msPerPx); i < marks.length; i += 1) {
    const mark = marks[i];
    if (mark === undefined || mark.at > view.to) break;
    const x = view.x(mark.at);
    const next = marks[i + 1];
    const room = next === undefined ? view.width : view.x(next.at);
    const wide = Math.min(words.width(mark.label) + 2 * inset, room - x - inset);
    ctx.fillStyle = colours.accent;
    ctx.fillRect(x, top, line, height);
    if (wide < 2 * inset) continue;
    ctx.fillRect(x, top, wide, height - pad);
    ctx.fillStyle = colours['accent-text'];
    drawText(ctx, words, mark.label, x + inset, x + wide - inset + line, baseline);
  }
}

/** The flags' poles, through all lanes. */
export function drawPoles(
  ctx: CanvasRenderingContext2D,
  top: number,
  height: number,
  view: View,
  { marks }: LanesData,
  { line, colours }: Palette,
): void {
  ctx.fillStyle = colours.accent;
  ctx.globalAlpha = 0.5;
  for (let i = firstInstant(marks, view.from); i < marks.length; i += 1) {
    const mark = marks[i];
    if (mark === undefined || mark.at > view.to) break;
    ctx.fillRect(view.x(mark.at), top, line, height);
  }
  ctx.globalAlpha = 1;
}
