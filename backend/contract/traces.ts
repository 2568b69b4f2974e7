import { z } from 'zod';
import type { CallEvent, LatencyStages } from './events.ts';
import type { TraceManifest, TraceNotes } from './trace.ts';

/** Traces as they are read back: listed, measured, shown, compared, replayed. */

/** complete: all of it; going_on: its call still runs; cut: the disk refused more; abrupt: its process ended before the
 * call did; damaged: something is missing or wrong, the rest is shown. */
export type TraceState = 'complete' | 'going_on' | 'cut' | 'abrupt' | 'damaged';

/** One row of the table. */
export interface TraceEntry {
  /** Name of its folder among the traces; the call's id. */
  readonly id: string;
  readonly startedMs: number;
  readonly origin: TraceManifest['origin'];
  readonly replayOf: string | null;
  readonly party: string;
  readonly peer: string;
  readonly codec: string;
  /** null: not known. */
  readonly durationMs: number | null;
  readonly state: TraceState;
  readonly turns: number;
  readonly interruptions: number;
  /** By the engine's clock. */
  readonly worstLatencyMs: number | null;
  /** All that was said, for searching. */
  readonly text: string;
  readonly bytes: number;
  readonly pinned: boolean;
  readonly notes: number;
}

/** Version of the metrics' definitions in docs/metrics.md. */
export const METRICS_VERSION = 1;

/** A rate that rests on fewer events than this is not shown. */
export const MIN_EVENTS_FOR_RATE = 10;

/** A residual beyond this is flagged. */
export const RESIDUAL_LIMIT_MS = 20;

/** Why engine and wire disagree about a turn. */
export type ResidualCause =
  /** Packets of ours left late just then (`engine.stalled`). */
  | 'stalled'
  /** The caller's packets were lost or late at the moment that counts. */
  | 'loss'
  /** The engine took another moment for the caller's last voiced sample than the measuring VAD. */
  | 'voice_end'
  /** The first audio of the answer is not voiced: breath, noise, silence. */
  | 'voice_begin'
  | 'unknown';

/** One answer of the bot, ms since the call's start. */
export interface TurnMetrics {
  readonly turn: number;
  /** 0: not an engine's (an imported capture). */
  readonly generation: number;
  /** Last voiced caller sample before the answer and first voiced bot sample of it, in the recorded audio. */
  readonly callerEndedAt: number | null;
  readonly botBeganAt: number | null;
  /** From one to the other, in our clock; null: one of them was not found. */
  readonly wireMs: number | null;
  /** The same as the caller's clock counts it: theirs runs faster or slower by the stream's skew. */
  readonly wireCallerClockMs: number | null;
  /** The engine's account; null where no engine took part. Contiguous: they add up to `engineMs`. */
  readonly stages: LatencyStages | null;
  readonly engineMs: number | null;
  /** wireMs less the sum of the stages; null without both. */
  readonly residualMs: number | null;
  /** Set when |residualMs| is above RESIDUAL_LIMIT_MS. */
  readonly cause: ResidualCause | null;
  /** Work that was done ahead of its turn, as spans that overlap the wait: which stage, from, to. */
  readonly overlapped: readonly {
    readonly stage: 'stt' | 'llm' | 'tts';
    readonly from: number;
    readonly to: number;
  }[];
}

export interface BargeInMetrics {
  /** The caller's first voiced sample over the bot. */
  readonly at: number;
  /** From there to the bot's last voiced sample. */
  readonly stoppedAfterMs: number;
  /** The bot went on afterwards: it was a cough, an "mm-hm". */
  readonly false: boolean;
  /** What was going to be said; 0: not known. */
  readonly generation: number;
}

/** A distribution. `ci95`: confidence interval of the median (order statistics); null below MIN_EVENTS_FOR_RATE. */
export interface Spread {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly ci95: readonly [number, number] | null;
}

export interface NetworkMetrics {
  readonly received: number;
  readonly lost: number;
  readonly late: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly concealedMs: number;
  /** RFC 3550 section 6.4.1, at the call's end. */
  readonly jitterMs: number;
  readonly roundTripMs: number | null;
  /** The far end's clock against ours, parts per million; null: too short to tell. */
  readonly skewPpm: number | null;
  /** Simplified E-model, with a round trip of 0 where none is known; null without packets. */
  readonly mos: number | null;
}

export interface TraceMetrics {
  readonly version: typeof METRICS_VERSION;
  readonly turns: readonly TurnMetrics[];
  /** Of all turns that have one; null: none has. */
  readonly wire: Spread | null;
  readonly engine: Spread | null;
  readonly residual: Spread | null;
  readonly bargeIns: readonly BargeInMetrics[];
  /** The bot began to speak while the caller was speaking: ms since the call's start. */
  readonly callerInterrupted: readonly number[];
  /** Both silent for more than 2 s. */
  readonly silences: readonly { readonly from: number; readonly to: number }[];
  readonly callerSpeechMs: number;
  readonly botSpeechMs: number;
  /** Both at once. */
  readonly overlapMs: number;
  /** Of the bot: what the model wrote, what of it the caller heard, what was cut off by an interruption. */
  readonly wordsGenerated: number;
  readonly wordsHeard: number;
  readonly wordsStruck: number;
  readonly network: NetworkMetrics;
}

/** A whole trace for the viewer. */
export interface TraceView {
  readonly entry: TraceEntry;
  /** null: it is missing, or cannot be read. */
  readonly manifest: TraceManifest | null;
  readonly notes: TraceNotes;
  readonly events: readonly CallEvent[];
  /** Batches as contract/signals.ts has them: everything the lanes draw. */
  readonly signals: readonly Uint8Array[];
  /** dBFS of caller and bot in turn, each `everyMs`; null: neither could be read. */
  readonly levels: { readonly everyMs: number; readonly values: Float32Array } | null;
  readonly metrics: TraceMetrics;
  /** Samples (8 kHz) of the longer of both recordings. */
  readonly samples: number;
  /** What is missing or wrong, for a person; empty: nothing. */
  readonly problems: readonly string[];
}

/** One RTP packet for the inspector. */
export interface PacketRow {
  /** ms since the call's start at which it came or left. */
  readonly at: number;
  readonly side: 'caller' | 'bot';
  readonly kind: 'rtp' | 'rtcp' | 'dtmf' | 'sip' | 'other';
  readonly sequence: number | null;
  readonly timestamp: number | null;
  readonly ssrc: number | null;
  readonly payloadType: number | null;
  readonly marker: boolean;
  readonly bytes: number;
  /** Since the one before it of its side and kind. */
  readonly deltaMs: number | null;
  /** Sequence numbers missing right before it. */
  readonly gap: number;
  /** For a person: "SR", "BYE", "digit 5, 120 ms"; '' for plain audio. */
  readonly about: string;
}

export const EXPORT_FORMATS = [
  'sidetone',
  'vtt',
  'wav',
  'stereo',
  'pcap',
  'chrome',
  'vcon',
  'otel',
  'html',
] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const frozenStages = z.array(z.enum(['stt', 'llm', 'tts']));
export type FrozenStage = z.infer<typeof frozenStages>[number];

export interface ReplayOptions {
  /** Folder of the trace. */
  readonly trace: string;
  /** Folder of the bot; null: the one that was on the call. */
  readonly bot: string | null;
  readonly freeze: readonly FrozenStage[];
  readonly repeat: number;
  readonly pace: 'original' | 'conversation';
}

/** What a replay may not exceed; null: no limit. */
export interface ReplayLimits {
  /** p95 of the wire latency, ms. */
  readonly maxLatencyMs: number | null;
  /** How much slower than the original the median may be, ms. */
  readonly maxSlowerMs: number | null;
  /** Every caller's turn must be heard, and every answer said, in the same words. */
  readonly sameText: boolean;
}

/** Words of two texts side by side. */
export type TextDifference = readonly {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}[];

/** One turn of either trace, or of both: paired by what the caller said and in order. */
export interface ComparedTurn {
  readonly left: ComparedSide | null;
  readonly right: ComparedSide | null;
  readonly callerText: TextDifference;
  readonly botText: TextDifference;
  /** right less left, ms; null: one is missing. */
  readonly wireDeltaMs: number | null;
  readonly stageDeltas: Readonly<Record<keyof LatencyStages, number>> | null;
}

export interface ComparedSide {
  readonly turn: number;
  readonly at: number;
  readonly callerText: string;
  readonly botText: string;
  readonly wireMs: number | null;
  readonly stages: LatencyStages | null;
}

export interface Comparison {
  readonly turns: readonly ComparedTurn[];
  /** What of the bot differs: `prompt`, `settings`, `ref_audio`, or a stage's model with both sides. */
  readonly configuration: readonly { readonly what: string; readonly left: string; readonly right: string }[];
  readonly left: { readonly wire: Spread | null; readonly engine: Spread | null };
  readonly right: { readonly wire: Spread | null; readonly engine: Spread | null };
  readonly sameText: boolean;
}

/** What came of a replay, all repeats together. */
export interface ReplayResult {
  /** Traces written, one a repeat. */
  readonly traces: readonly string[];
  /** The original (left) against each. */
  readonly comparisons: readonly Comparison[];
  /** Wire latency of all repeats' turns together. */
  readonly wire: Spread | null;
  /** By stage, over all repeats. */
  readonly stages: Readonly<Record<keyof LatencyStages, Spread>> | null;
  /** Repeats whose event logs are the same as the first's but for times. */
  readonly equalLogs: number;
  readonly verdict: 'pass' | 'fail';
  /** Each limit that was exceeded, for a person. */
  readonly failures: readonly string[];
}
