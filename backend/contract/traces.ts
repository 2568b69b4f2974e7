import { z } from 'zod';
import { latencyStages, type CallEvent, type LatencyStages } from './events.ts';
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
const residualCause = z.enum([
  /** Packets of ours left late just then (`engine.stalled`). */
  'stalled',
  /** The caller's packets were lost or late at the moment that counts. */
  'loss',
  /** The engine took another moment for the caller's last voiced sample than the measuring VAD. */
  'voice_end',
  /** The first audio of the answer is not voiced: breath, noise, silence. */
  'voice_begin',
  'unknown',
]);
export type ResidualCause = z.infer<typeof residualCause>;

const ms = z.number();
const stretch = z.object({ from: ms, to: ms }).readonly();

/** One answer of the bot, ms since the call's start. */
const turnMetrics = z
  .object({
    turn: z.int(),
    /** 0: not an engine's (an imported capture). */
    generation: z.int(),
    /** Last voiced caller sample before the answer and first voiced bot sample of it, in the recorded audio. */
    callerEndedAt: ms.nullable(),
    botBeganAt: ms.nullable(),
    /** From one to the other, in our clock; null: one of them was not found. */
    wireMs: ms.nullable(),
    /** The same as the caller's clock counts it: theirs runs faster or slower by the stream's skew. */
    wireCallerClockMs: ms.nullable(),
    /** The engine's account; null where no engine took part. Contiguous: they add up to `engineMs`. */
    stages: latencyStages.nullable(),
    engineMs: ms.nullable(),
    /** wireMs less the sum of the stages; null without both. */
    residualMs: ms.nullable(),
    /** Set when |residualMs| is above RESIDUAL_LIMIT_MS. */
    cause: residualCause.nullable(),
    /** Work that was done ahead of its turn, as spans that overlap the wait: which stage, from, to. */
    overlapped: z
      .array(z.object({ stage: z.enum(['stt', 'llm', 'tts']), from: ms, to: ms }).readonly())
      .readonly(),
  })
  .readonly();
export type TurnMetrics = z.infer<typeof turnMetrics>;

const bargeInMetrics = z
  .object({
    /** The caller's first voiced sample over the bot. */
    at: ms,
    /** From there to the bot's last voiced sample. */
    stoppedAfterMs: ms,
    /** The bot went on afterwards: it was a cough, an "mm-hm". */
    false: z.boolean(),
    /** What was going to be said; 0: not known. */
    generation: z.int(),
  })
  .readonly();
export type BargeInMetrics = z.infer<typeof bargeInMetrics>;

/** A distribution. `ci95`: confidence interval of the median (order statistics); null below MIN_EVENTS_FOR_RATE. */
const spread = z
  .object({
    count: z.int(),
    min: ms,
    p50: ms,
    p95: ms,
    p99: ms,
    max: ms,
    ci95: z.tuple([ms, ms]).readonly().nullable(),
  })
  .readonly();
export type Spread = z.infer<typeof spread>;

const networkMetrics = z
  .object({
    received: z.int(),
    lost: z.int(),
    late: z.int(),
    duplicated: z.int(),
    reordered: z.int(),
    concealedMs: ms,
    /** RFC 3550 section 6.4.1, at the call's end. */
    jitterMs: ms,
    roundTripMs: ms.nullable(),
    /** The far end's clock against ours, parts per million; null: too short to tell. */
    skewPpm: z.number().nullable(),
    /** Simplified E-model, with a round trip of 0 where none is known; null without packets. */
    mos: z.number().nullable(),
  })
  .readonly();
export type NetworkMetrics = z.infer<typeof networkMetrics>;

export const traceMetrics = z
  .object({
    version: z.literal(METRICS_VERSION),
    turns: z.array(turnMetrics).readonly(),
    /** Of all turns that have one; null: none has. */
    wire: spread.nullable(),
    engine: spread.nullable(),
    residual: spread.nullable(),
    bargeIns: z.array(bargeInMetrics).readonly(),
    /** The bot began to speak while the caller was speaking: ms since the call's start. */
    callerInterrupted: z.array(ms).readonly(),
    /** Both silent for more than 2 s. */
    silences: z.array(stretch).readonly(),
    callerSpeechMs: ms,
    botSpeechMs: ms,
    /** Both at once. */
    overlapMs: ms,
    /** Of the bot: what the model wrote, what of it the caller heard, what was cut off by an interruption. */
    wordsGenerated: z.int(),
    wordsHeard: z.int(),
    wordsStruck: z.int(),
    network: networkMetrics,
  })
  .readonly();
export type TraceMetrics = z.infer<typeof traceMetrics>;

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

/** A TraceView on its way to the window. Its tens of thousands of objects go as one text: each would be copied thrice. */
export interface PackedView extends Pick<TraceView, 'signals' | 'levels'> {
  /** JSON of the rest. */
  readonly text: string;
}

export function packView({ signals, levels, ...rest }: TraceView): PackedView {
  return { signals, levels, text: JSON.stringify(rest) };
}

export function unpackView({ signals, levels, text }: PackedView): TraceView {
  // Made by packView(), in this program's other process.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const rest = JSON.parse(text) as Omit<TraceView, 'signals' | 'levels'>;
  return { ...rest, signals, levels };
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
  /** What of the bot differs: `prompt`, `settings`, `ref_audio`, `ref_text`, or a stage's model with both sides. */
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
  /** Packets of the bot's that left late, over all repeats: the machine stood still, and may have changed the call. */
  readonly stalls: { readonly count: number; readonly worstMs: number };
  /** Repeats whose event logs are the same as the first's but for times. */
  readonly equalLogs: number;
  readonly verdict: 'pass' | 'fail';
  /** Each limit that was exceeded, for a person. */
  readonly failures: readonly string[];
}
