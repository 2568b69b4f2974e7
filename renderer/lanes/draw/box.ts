import type { Ink } from '../ink.ts';

/** Where text of a stretch begins: at the stretch's beginning, or at the canvas's as long as the stretch has room. */
export function stickTo(from: number, to: number, width: number): number {
  return from >= 0 ? from : Math.max(from, Math.min(0, to - width));
}

/**
 * One line in [from, to), in the fill style that is set, cut with an ellipsis. Returns where it ends: `from` when
 * there is no room for any of it.
 */
export function drawText(
  ctx: CanvasRenderingContext2D,
  ink: Ink,
  text: string,
  from: number,
  to: number,
  baseline: number,
): number {
  if (to <= from || text === '') return from;
  const line = ink.fit(text, to - from);
  if (line === '') return from;
  ctx.font = ink.font;
  ctx.fillText(line, from, baseline);
  return from + ink.width(line);
}

/** A box with a line where it begins; one too narrow for both (`least`) is seen by a mixture of their colours. */
export function drawBox(
  ctx: CanvasRenderingContext2D,
  from: number,
  to: number,
  top: number,
  height: number,
  soft: string,
  strong: string,
  line: number,
  least: number,
): void {
  const wide = Math.max(line, to - from);
  const narrow = wide < least;
  ctx.fillStyle = soft;
  ctx.fillRect(from, top, wide, height);
  ctx.fillStyle = strong;
  if (narrow) ctx.globalAlpha = 0.4;
  ctx.fillRect(from, top, narrow ? wide : line, height);
  ctx.globalAlpha = 1;
}
