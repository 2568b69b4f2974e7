import { unreachable } from '../../../backend/base/errors.ts';
import type { LanesData } from '../data.ts';
import type { Box } from '../layout.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';
import { drawBot } from './bot.ts';
import { drawCaller } from './caller.ts';
import { drawMarks, drawPoles } from './marks.ts';
import { drawNetwork } from './network.ts';
import { drawOverlay } from './overlay.ts';
import { drawGrid, drawRuler } from './ruler.ts';
import { drawStates } from './states.ts';
import { drawTokens } from './tokens.ts';
import { drawWaits } from './waits.ts';
import { drawWords } from './words.ts';

/** One whole picture. Nothing is allocated here or in what it calls, save what is then kept for later pictures. */
export function drawLanes(
  ctx: CanvasRenderingContext2D,
  boxes: readonly Box[],
  height: number,
  view: View,
  data: LanesData,
  palette: Palette,
): void {
  const { line, colours } = palette;
  ctx.fillStyle = colours.surface;
  ctx.fillRect(0, 0, view.width, height);
  const ruler = boxes[0]?.height ?? 0;
  drawGrid(ctx, ruler, height - ruler, view, data, palette);
  drawPoles(ctx, ruler, height - ruler, view, data, palette);
  for (let i = 0; i < boxes.length; i += 1) {
    const box = boxes[i];
    if (box === undefined) break;
    drawLane(ctx, box, view, data, palette);
    if (box.lane === 'waits') continue;
    ctx.fillStyle = colours.border;
    ctx.fillRect(0, box.top + box.height - line, view.width, line);
  }
  drawOverlay(ctx, height, view, data, palette);
}

function drawLane(
  ctx: CanvasRenderingContext2D,
  box: Box,
  view: View,
  data: LanesData,
  palette: Palette,
): void {
  switch (box.lane) {
    case 'ruler':
      return drawRuler(ctx, box, view, data, palette);
    case 'marks':
      return drawMarks(ctx, box, view, data, palette);
    case 'caller':
      return drawCaller(ctx, box, view, data, palette);
    case 'states':
      return drawStates(ctx, box, view, data, palette);
    case 'words':
      return drawWords(ctx, box, view, data, palette);
    case 'tokens':
      return drawTokens(ctx, box, view, data, palette);
    case 'bot':
      return drawBot(ctx, box, view, data, palette);
    case 'network':
      return drawNetwork(ctx, box, view, data, palette);
    case 'waits':
      return drawWaits(ctx, box, view, data, palette);
    default:
      return unreachable(box.lane);
  }
}
