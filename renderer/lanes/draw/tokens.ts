import type { TokenTick } from '../../../backend/fold/types.ts';
import type { LanesData } from '../data.ts';
import { firstInstant } from '../data.ts';
import type { Box } from '../layout.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';

/** Up to this many milliseconds to a CSS pixel there is room for the tokens' words. */
const WORDS_MS = 1;

/** The model's tokens as ticks; the first of a generation is taller and says how long the model took for it. */
export function drawTokens(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  { timeline, names }: LanesData,
  { scale, line, colours, words, figures }: Palette,
): void {
  const pad = Math.round(4 * scale);
  const top = box.top + pad;
  const height = box.height - 2 * pad;
  const short = Math.round(height * 0.45);
  const gap = Math.round(4 * scale);
  const baseline = words.baseline(top, height - short);
  const tokens = timeline.tokens;
  // Left of the canvas may stand a first one whose label reaches into it.
  const begins = firstInstant(tokens, view.from - 100 * scale * view.msPerPx);
  let drawn = -Infinity;
  for (let i = begins; i < tokens.length; i += 1) {
    const token = tokens[i];
    if (token === undefined || token.at > view.to) break;
    const x = view.x(token.at);
    if (x === drawn && token.firstAfterMs === null) continue;
    drawn = x;
    ctx.fillStyle = token.discarded ? colours['text-faint'] : colours.bot;
    if (token.firstAfterMs === null) {
      ctx.fillRect(x, top + height - short, line, short);
    } else {
      ctx.fillRect(x, top, 2 * line, height);
      const label = names.ms(Math.round(token.firstAfterMs));
      const left = x + 2 * line + gap;
      if (left + figures.width(label) + gap < nextFirst(tokens, i, view)) {
        ctx.fillStyle = colours['text-dim'];
        ctx.font = figures.font;
        ctx.fillText(label, left, baseline);
      }
    }
    if (view.msPerPx * scale > WORDS_MS) continue;
    const next = tokens[i + 1];
    const room = (next === undefined ? view.width : view.x(next.at)) - x - 2 * gap;
    if (words.width(token.text) > room) continue;
    ctx.fillStyle = token.discarded ? colours['text-faint'] : colours['text-dim'];
    ctx.font = words.font;
    ctx.fillText(token.text, x + gap, top + height - line);
  }
}

/** Pixel at which the generation after this token's begins. */
function nextFirst(tokens: readonly TokenTick[], index: number, view: View): number {
  for (let i = index + 1; i < tokens.length; i += 1) {
    const token = tokens[i];
    if (token !== undefined && token.firstAfterMs !== null) return view.x(token.at);
  }
  return Infinity;
}
