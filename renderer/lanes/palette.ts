import type { TurnState } from '../../backend/contract/events.ts';
import { Ink } from './ink.ts';
import type { StageKey } from './stages.ts';
import { STAGE_COLOURS } from './stages.ts';

const COLOURS = {
  bg: 'var(--bg)',
  surface: 'var(--surface)',
  'surface-2': 'var(--surface-2)',
  border: 'var(--border)',
  'border-strong': 'var(--border-strong)',
  text: 'var(--text)',
  'text-dim': 'var(--text-dim)',
  'text-faint': 'var(--text-faint)',
  accent: 'var(--accent)',
  'accent-text': 'var(--accent-text)',
  caller: 'var(--caller)',
  bot: 'var(--bot)',
  system: 'var(--system)',
  warning: 'var(--warning)',
  danger: 'var(--danger)',
  'caller-soft': 'var(--caller-soft)',
  'bot-soft': 'var(--bot-soft)',
  'system-soft': 'var(--system-soft)',
  'warning-soft': 'var(--warning-soft)',
  'danger-soft': 'var(--danger-soft)',
  /* Waveforms are large: a little calmer than what is thin, and lines over them stay legible. */
  'caller-wave': 'color-mix(in oklab, var(--caller), var(--surface) 35%)',
  'bot-wave': 'color-mix(in oklab, var(--bot), var(--surface) 35%)',
} as const;
export type Colour = keyof typeof COLOURS;

/** All that drawing needs of the theme and the display, made once for each. */
export interface Palette {
  /** Canvas pixels to a CSS pixel. */
  readonly scale: number;
  /** Thinnest line that is crisp, in canvas pixels. */
  readonly line: number;
  readonly colours: Readonly<Record<Colour, string>>;
  readonly stages: Readonly<Record<StageKey, string>>;
  /** Diagonal lines in the bot's colour: what it did not get to say. */
  readonly hatch: CanvasPattern | null;
  /** Side of the hatch's tile. */
  readonly hatchSize: number;
  /** Where the hatch stands; changed in place. */
  readonly hatchShift: DOMMatrix;
  readonly words: Ink;
  readonly figures: Ink;
}

/** Colours of the turn states: of the box, and of its name. */
export const STATE_COLOURS: Readonly<Record<TurnState, readonly [Colour, Colour]>> = {
  idle: ['surface-2', 'text-faint'],
  listening: ['caller-soft', 'caller'],
  maybe_end: ['warning-soft', 'warning'],
  thinking: ['system-soft', 'system'],
  speaking: ['bot-soft', 'bot'],
  interrupted: ['danger-soft', 'danger'],
};

const TEXT_SIZE = 11;

/** Reads the tokens that hold for `element`; `probe` lies in it and is not seen. */
export function readPalette(
  element: HTMLElement,
  probe: HTMLElement,
  ctx: CanvasRenderingContext2D,
  scale: number,
): Palette {
  const style = getComputedStyle(element);
  // A colour that is used is known as the browser computed it, whatever the token's own notation.
  const used = getComputedStyle(probe);
  const resolve = <Name extends string>(all: Readonly<Record<Name, string>>): Record<Name, string> => {
    const resolved: Record<Name, string> = { ...all };
    for (const name in all) {
      probe.style.color = all[name];
      resolved[name] = used.color;
    }
    return resolved;
  };
  const colours = resolve<Colour>(COLOURS);
  const stages = resolve(STAGE_COLOURS);
  const line = Math.max(1, Math.round(scale));
  const size = Math.round(TEXT_SIZE * scale);
  const hatchSize = 5 * line;
  return {
    scale,
    line,
    colours,
    stages,
    hatch: hatchOf(ctx, colours.bot, hatchSize, line),
    hatchSize,
    hatchShift: new DOMMatrix(),
    words: new Ink(ctx, style.getPropertyValue('--font'), size),
    figures: new Ink(ctx, style.getPropertyValue('--mono'), Math.round(10.5 * scale)),
  };
}

function hatchOf(
  ctx: CanvasRenderingContext2D,
  colour: string,
  size: number,
  line: number,
): CanvasPattern | null {
  const tile = new OffscreenCanvas(size, size);
  const pen = tile.getContext('2d');
  if (pen === null) return null;
  pen.fillStyle = colour;
  for (let row = 0; row < size; row += 1) {
    const x = size - 1 - row;
    pen.fillRect(x, row, line, 1);
    pen.fillRect(x - size, row, line, 1);
  }
  return ctx.createPattern(tile, 'repeat');
}
