import type { CallEvent } from '../contract/events.ts';
import type { NetworkMetrics } from '../contract/traces.ts';
import { mosOf } from '../fold/quality.ts';
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
