import type { LanesData } from '../data.ts';
import { firstSpan } from '../data.ts';
import type { Box } from '../layout.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';
import { drawBox, drawText, stickTo } from './box.ts';

/** The caller's words where they were said: faint while they may still change. */
export function drawWords(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  { timeline }: LanesData,
  { scale, line, colours, words }: Palette,
): void {
  const pad = Math.round(3 * scale);
  const inset = Math.round(5 * scale);
  const top = box.top + pad;
  const height = box.height - 2 * pad;
  const baseline = words.baseline(top, height);
  const texts = timeline.texts;
  for (let i = firstSpan(texts, view.from); i < texts.length; i += 1) {
    const text = texts[i];
    if (text === undefined || text.from > view.to) break;
    const from = view.x(text.from);
    const to = view.x(text.to);
    const wide = Math.max(line, to - from - line);
    if (text.final) {
      drawBox(ctx, from, from + wide, top, height, colours['caller-soft'], colours.caller, line, inset);
      ctx.fillStyle = colours.text;
    } else {
      ctx.fillStyle = colours['border-strong'];
      ctx.fillRect(from, top + height - line, wide, line);
      ctx.fillRect(from, top, line, height);
      ctx.fillStyle = colours['text-faint'];
    }
    // Short words may run on over the silence behind them.
    const next = texts[i + 1];
    const room = next === undefined ? view.width : view.x(next.from);
    const left = stickTo(from, to, words.width(text.text) + 2 * inset) + inset;
    drawText(ctx, words, text.text, left, room - inset, baseline);
  }
}
