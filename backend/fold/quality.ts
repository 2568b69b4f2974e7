import type { CallEvent, StreamStats } from '../contract/events.ts';

/** How well a call's audio comes, as its latest statistics have it; for calls going on and for traces. */
export interface Quality {
  readonly codec: string;
  readonly ptimeMs: number;
  /** SRTP suite; null: in the clear. */
  readonly srtp: string | null;
  readonly received: number;
  readonly sent: number;
  readonly lost: number;
  /** Of the packets that should have come: what is missing or came too late, 0..100. */
  readonly lossPercent: number;
  readonly late: number;
  readonly concealedMs: number;
  /** RFC 3550 section 6.4.1. */
  readonly jitterMs: number;
  /** From the far end's RTCP; null: it has sent none. */
  readonly roundTripMs: number | null;
  /** 1 to 5; null: nothing has come. */
  readonly mos: number | null;
}

/** After an event of the call; null before it has started. The very same object when nothing of it has changed. */
export function foldQuality(before: Quality | null, event: CallEvent): Quality | null {
  if (event.type === 'call.started') return { ...NOTHING, codec: event.codec, ptimeMs: event.ptime_ms };
  if (before === null) return null;
  if (event.type === 'call.media') {
    const { codec, ptime_ms: ptimeMs, srtp } = event;
    return { ...before, codec, ptimeMs, srtp };
  }
  if (event.type !== 'rtp.stats') return before;
  const { stats } = event;
  return {
    ...before,
    received: stats.received,
    sent: stats.sent,
    lost: stats.lost,
    lossPercent: lossPercent(stats) ?? 0,
    late: stats.late,
    concealedMs: stats.concealed_ms,
    jitterMs: stats.jitter_ms,
    roundTripMs: stats.round_trip_ms,
    mos: mosOf(stats),
  };
}

const NOTHING = {
  srtp: null,
  received: 0,
  sent: 0,
  lost: 0,
  lossPercent: 0,
  late: 0,
  concealedMs: 0,
  jitterMs: 0,
  roundTripMs: null,
  mos: null,
} as const;

/** What is missing or late counts as lost; null without packets. */
function lossPercent({ received, lost, late }: StreamStats): number | null {
  const expected = received + Math.max(0, lost);
  return expected === 0 ? null : (100 * (Math.max(0, lost) + late)) / expected;
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
export function mosOf(stats: StreamStats): number | null {
  const loss = lossPercent(stats);
  if (loss === null) return null;
  const delay = (stats.round_trip_ms ?? 0) / 2 + stats.jitter_ms;
  const r = 93.2 - loss;
  const R = ratingOf(r) - (0.024 * delay + 0.11 * Math.max(0, delay - 177.3));
  if (R <= 0) return 1;
  return Math.max(1, Math.min(4.5, 1 + 0.035 * R + 0.000007 * R * (R - 60) * (100 - R)));
}

function ratingOf(r: number): number {
  const quadratic = (x: number): number => 0.18 * x * x - 27.9 * x + 1126.62;
  return r >= VERTEX ? quadratic(r) : Math.max(0, (quadratic(VERTEX) * r) / VERTEX);
}
