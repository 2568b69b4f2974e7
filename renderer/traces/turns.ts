import { LATENCY_STAGES } from '../../backend/contract/events.ts';
import type { TurnMetrics } from '../../backend/contract/traces.ts';
import type { Waterfall } from '../../backend/fold/types.ts';

/**
 * A turn's wait as it was measured in the audio, with the engine's stages in it one after the other and the residual
 * last; null: either end was not found.
 */
export function wireWaterfall(metrics: TurnMetrics): Waterfall | null {
  const { turn, generation, callerEndedAt: from, botBeganAt: to, wireMs, stages } = metrics;
  if (from === null || to === null || wireMs === null) return null;
  let reached = from;
  const placed = LATENCY_STAGES.map(([key]) => {
    const began = reached;
    reached += stages?.[key] ?? 0;
    return { key, from: began, to: reached };
  });
  return {
    turn,
    generation,
    from,
    to,
    totalMs: wireMs,
    residualMs: metrics.residualMs ?? wireMs,
    stages: stages === null ? [] : placed,
  };
}

/** Where work done ahead stands in a wait, 0..1; what lies before its beginning is cut off. */
export function aheadOf(
  { from, to }: { readonly from: number; readonly to: number },
  wait: Pick<Waterfall, 'from' | 'to'>,
): { readonly left: number; readonly width: number } {
  const whole = Math.max(1, wait.to - wait.from);
  const [begin, end] = [from, to].map((at) => Math.min(1, Math.max(0, (at - wait.from) / whole)));
  const left = begin ?? 0;
  return { left, width: Math.max(0, (end ?? 0) - left) };
}
