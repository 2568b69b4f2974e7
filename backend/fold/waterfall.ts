import { LATENCY_STAGES, type CallEvent } from '../contract/events.ts';
import type { Waterfall } from './types.ts';

/** A `latency` event laid out in time. `to`: when the first packet of the answer left, ms since the call's start. */
export function waterfallOf(event: Extract<CallEvent, { type: 'latency' }>, to: number): Waterfall {
  const from = to - event.total_ms;
  let reached = from;
  const stages = LATENCY_STAGES.map(([key]) => {
    const stage = { key, from: reached, to: reached + event.stages[key] };
    reached = stage.to;
    return stage;
  });
  const { turn, generation, total_ms: totalMs, residual_ms: residualMs } = event;
  return { from, to, turn, generation, totalMs, residualMs, stages };
}
