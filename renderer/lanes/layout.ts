import type { OurSide } from './data.ts';

/** The lanes from top to bottom. */
export const LANES = [
  'ruler',
  'marks',
  'caller',
  'states',
  'words',
  'tokens',
  'bot',
  'network',
  'waits',
] as const;
export type LaneName = (typeof LANES)[number];

/** Where a lane stands, in whole pixels of the canvas. */
export interface Box {
  readonly lane: LaneName;
  readonly top: number;
  readonly height: number;
}

/** Heights in CSS pixels: the least, and the share of what is left over. */
const HEIGHTS: Readonly<Record<LaneName, readonly [least: number, share: number]>> = {
  ruler: [24, 0],
  marks: [20, 0],
  caller: [56, 3],
  states: [24, 0],
  words: [26, 0],
  tokens: [30, 0],
  bot: [76, 3],
  network: [36, 1],
  waits: [48, 0],
};

/** The least height at which nothing is cut off, in CSS pixels. */
export const LEAST_HEIGHT = LANES.reduce((sum, lane) => sum + HEIGHTS[lane][0], 0);

/** What only a bot does: nobody takes turns, or writes down words, for a person. */
const OF_BOTS: ReadonlySet<LaneName> = new Set(['states', 'words', 'tokens', 'waits']);

/** Those of a call. Marks take room only where there are any. */
export function lanesOf(ourSide: OurSide, withMarks: boolean): readonly LaneName[] {
  const lanes = ourSide === 'person' ? LANES.filter((lane) => !OF_BOTS.has(lane)) : LANES;
  return withMarks ? lanes : lanes.filter((lane) => lane !== 'marks');
}

/** Boxes for a canvas of `heightPx`, at `scale` canvas pixels to a CSS pixel. */
export function layOut(heightPx: number, scale: number, lanes: readonly LaneName[]): readonly Box[] {
  const least = lanes.reduce((sum, lane) => sum + Math.round(HEIGHTS[lane][0] * scale), 0);
  const shares = lanes.reduce((sum, lane) => sum + HEIGHTS[lane][1], 0);
  const spare = Math.max(0, heightPx - least);
  let top = 0;
  return lanes.map((lane) => {
    const [own, share] = HEIGHTS[lane];
    const height = Math.round(own * scale) + Math.floor((spare * share) / shares);
    const box = { lane, top, height };
    top += height;
    return box;
  });
}
