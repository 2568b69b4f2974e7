import type { Waterfall } from '../../backend/fold/types.ts';
import type { StageKey } from '../lanes/stages.ts';

/** One bar of a wait: ms since the call's start, and where it stands in the whole, 0..1. */
export interface WaitBar {
  readonly part: StageKey;
  readonly from: number;
  readonly to: number;
  readonly ms: number;
  readonly left: number;
  readonly width: number;
}

/** The bars that add up to what the caller waited: the stages in their order, then what they leave of the total. */
export function waitBars(waterfall: Waterfall): readonly WaitBar[] {
  const { from, to, totalMs, residualMs, stages } = waterfall;
  const reached = stages.at(-1)?.to ?? from;
  // Stages that overshoot the total leave a residual below zero, which has no width of its own.
  const whole = Math.max(totalMs, reached - from, 1);
  const bar = (part: WaitBar['part'], begin: number, end: number, ms: number): WaitBar => ({
    part,
    from: begin,
    to: end,
    ms,
    left: (begin - from) / whole,
    width: Math.max(0, end - begin) / whole,
  });
  return [
    ...stages.map((stage) => bar(stage.key, stage.from, stage.to, stage.to - stage.from)),
    bar('residual', reached, Math.max(reached, to), residualMs),
  ];
}
