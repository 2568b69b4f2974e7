import type { BotSpan } from '../../../backend/fold/types.ts';
import type { LanesData } from '../data.ts';
import { firstSpan } from '../data.ts';
import type { Box } from '../layout.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';
import { drawText, stickTo } from './box.ts';
import { drawWave } from './wave.ts';

/** What the bot said: heard solid, cancelled hatched; below it its words, those unheard struck through. */
export function drawBot(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  { timeline, tracks, columns, nowMs }: LanesData,
  palette: Palette,
): void {
  const { scale, line, colours, hatch, words } = palette;
  const pad = Math.round(4 * scale);
  const band = Math.round(3 * scale);
  const wordsHeight = Math.round(20 * scale);
  const top = box.top + pad;
  const height = box.height - 3 * pad - band - wordsHeight;
  ctx.fillStyle = colours['bot-wave'];
  drawWave(ctx, columns.bot, tracks, view, top, height, line);
  if (hatch !== null) {
    // The pattern moves with what it fills.
    palette.hatchShift.e = -(view.firstColumn % palette.hatchSize);
    hatch.setTransform(palette.hatchShift);
    ctx.fillStyle = hatch;
    drawWave(ctx, columns.cancelled, tracks, view, top, height, line);
  }

  const bandTop = top + height + pad;
  const wordsTop = bandTop + band;
  const baseline = words.baseline(wordsTop, wordsHeight);
  const spans = timeline.bot;
  for (let i = firstSpan(spans, view.from); i < spans.length; i += 1) {
    const span = spans[i];
    if (span === undefined || span.from > view.to) break;
    const from = view.x(span.from);
    const to = view.x(span.to ?? nowMs);
    ctx.fillStyle = colours.bot;
    ctx.fillRect(from, bandTop, Math.max(line, to - from), band);
    if (span.interrupted) {
      ctx.fillStyle = colours.danger;
      ctx.fillRect(to - line, bandTop - pad, 2 * line, band + 2 * pad);
    }
    const next = spans[i + 1];
    const room = next === undefined ? view.width : view.x(next.from);
    drawSaid(ctx, span, stickTo(from, to, words.width(span.text)), room - 2 * pad, baseline, palette);
  }
}

function drawSaid(
  ctx: CanvasRenderingContext2D,
  span: BotSpan,
  from: number,
  to: number,
  baseline: number,
  { scale, line, colours, words }: Palette,
): void {
  if (span.unheard === '') {
    ctx.fillStyle = colours['text-dim'];
    drawText(ctx, words, span.text, from, to, baseline);
    return;
  }
  const heard = heardOf(span);
  ctx.fillStyle = colours['text-dim'];
  const reached = drawText(ctx, words, heard, from, to, baseline);
  if (words.fit(heard, to - from) !== heard) return;
  ctx.fillStyle = colours['text-faint'];
  const begins = heard === '' ? reached : reached + words.width(' ');
  const ends = drawText(ctx, words, span.unheard, begins, to, baseline);
  const strike = Math.round(baseline - 4 * scale);
  if (ends > begins) ctx.fillRect(begins, strike, ends - begins, line);
}

const heardParts = new WeakMap<BotSpan, string>();

function heardOf(span: BotSpan): string {
  let heard = heardParts.get(span);
  if (heard === undefined) {
    heard = span.text.slice(0, span.text.length - span.unheard.length).trimEnd();
    heardParts.set(span, heard);
  }
  return heard;
}
