import type { LanesData } from '../data.ts';
import type { Box } from '../layout.ts';
import type { Palette } from '../palette.ts';
import { chooseStep, tickLabel } from '../ruler.ts';
import type { View } from '../view.ts';

/** Labels of each step, by time. */
const labels = new Map<number, Map<number, string>>();
const MAX_LABELS = 2000;

export function drawRuler(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  { nowMs }: LanesData,
  { scale, line, colours, figures }: Palette,
): void {
  const [step, parts] = chooseStep(
    view.msPerPx,
    Math.max(view.to, nowMs),
    figures.width('0'),
    Math.round(20 * scale),
  );
  const small = step / parts;
  const bottom = box.top + box.height;
  const baseline = figures.baseline(box.top, box.height - Math.round(4 * scale));
  const tall = Math.round(6 * scale);
  const short = Math.round(3 * scale);
  ctx.font = figures.font;
  const last = Math.ceil(view.to / small);
  for (let i = Math.max(0, Math.floor(view.from / small) - parts); i <= last; i += 1) {
    const ms = i * small;
    const x = view.x(ms);
    const labelled = i % parts === 0;
    ctx.fillStyle = colours['border-strong'];
    ctx.fillRect(x, bottom - (labelled ? tall : short), line, labelled ? tall : short);
    if (!labelled) continue;
    ctx.fillStyle = colours['text-faint'];
    ctx.fillText(labelOf(ms, step), x + 2 * line, baseline);
  }
}

/** Fine lines at the ruler's labels, through all lanes. */
export function drawGrid(
  ctx: CanvasRenderingContext2D,
  top: number,
  height: number,
  view: View,
  { nowMs }: LanesData,
  { scale, line, colours, figures }: Palette,
): void {
  const gap = Math.round(20 * scale);
  const [step] = chooseStep(view.msPerPx, Math.max(view.to, nowMs), figures.width('0'), gap);
  const last = Math.ceil(view.to / step);
  ctx.fillStyle = colours['surface-2'];
  for (let i = Math.floor(view.from / step); i <= last; i += 1) {
    ctx.fillRect(view.x(i * step), top, line, height);
  }
}

function labelOf(ms: number, step: number): string {
  let known = labels.get(step);
  if (known === undefined) {
    known = new Map();
    labels.set(step, known);
  }
  let label = known.get(ms);
  if (label === undefined) {
    if (known.size >= MAX_LABELS) known.clear();
    label = tickLabel(ms, step);
    known.set(ms, label);
  }
  return label;
}
