import type { CallEvent, StreamStats } from '../contract/events.ts';
import type { NetworkMetrics } from '../contract/traces.ts';
import type { Wire } from '../trace/wire.ts';
import { skewPpm } from './skew.ts';

/** Of the caller's stream, as the call's last statistics have it. */
export function networkMetrics(events: readonly CallEvent[], wire: Wire | null): NetworkMetrics {
  const last = events.findLast((event) => event.type === 'rtp.stats');
  const stats = last?.type === 'rtp.stats' ? last.stats : null;
  return {
    received: stats?.received ?? 0,
    lost: stats?.lost ?? 0,
    late: stats?.late ?? 0,
    duplicated: stats?.duplicated ?? 0,
    reordered: stats?.reordered ?? 0,
    concealedMs: stats?.concealed_ms ?? 0,
    jitterMs: stats?.jitter_ms ?? 0,
    roundTripMs: stats?.round_trip_ms ?? null,
    skewPpm: wire && skewPpm(wire.caller),
    mos: stats && mosOf(stats),
  };
}

/**
 * The quadratic has its least value here, at 15.8 % loss, and beyond would say that more loss is better: from there
 * on R falls in proportion.
 */
const VERTEX = 27.9 / (2 * 0.18);

/**
 * Mean opinion score, 1 to 5, by a simplified E-model (after ITU-T G.107; docs/metrics.md): what is missing or late
 * counts as lost. null without packets.
 */
export function mosOf({ received, lost, late, jitter_ms, round_trip_ms }: StreamStats): number | null {
  const expected = received + Math.max(0, lost);
  if (expected === 0) return null;
  const lossPercent = (100 * (Math.max(0, lost) + late)) / expected;
  const delay = (round_trip_ms ?? 0) / 2 + jitter_ms;
  const r = 93.2 - lossPercent;
  const R = ratingOf(r) - (0.024 * delay + 0.11 * Math.max(0, delay - 177.3));
  if (R <= 0) return 1;
  return Math.max(1, Math.min(4.5, 1 + 0.035 * R + 0.000007 * R * (R - 60) * (100 - R)));
}

function ratingOf(r: number): number {
  const quadratic = (x: number): number => 0.18 * x * x - 27.9 * x + 1126.62;
  return r >= VERTEX ? quadratic(r) : Math.max(0, (quadratic(VERTEX) * r) / VERTEX);
}
