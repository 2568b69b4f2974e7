import type { LanesData } from '../data.ts';
import { firstSpan } from '../data.ts';
import type { Box } from '../layout.ts';
import { STATE_COLOURS, type Palette } from '../palette.ts';
import type { View } from '../view.ts';
import { drawBox, stickTo } from './box.ts';

/** What the bot took the moment for, as coloured boxes with its name. */
export function drawStates(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  { timeline, nowMs, names }: LanesData,
  { scale, line, colours, words }: Palette,
): void {
  const pad = Math.round(3 * scale);
  const inset = Math.round(5 * scale);
  const top = box.top + pad;
  const height = box.height - 2 * pad;
  const baseline = words.baseline(top, height);
  const spans = timeline.states;
  for (let i = firstSpan(spans, view.from); i < spans.length; i += 1) {
    const span = spans[i];
    if (span === undefined || span.from > view.to) break;
    const from = view.x(span.from);
    const to = view.x(span.to ?? nowMs);
    if (to < 0) continue;
    const [soft, strong] = STATE_COLOURS[span.state];
    drawBox(ctx, from, to, top, height, colours[soft], colours[strong], line, inset);
    ctx.fillStyle = colours[strong];
    // Half a name says nothing that the colour does not.
    const name = names.states[span.state];
    const wide = words.width(name) + 2 * inset;
    if (wide > to - from) continue;
    ctx.font = words.font;
    ctx.fillText(name, stickTo(from, to, wide) + inset, baseline);
  }
}
