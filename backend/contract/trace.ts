import { z } from 'zod';
import { configHashes } from './events.ts';

/**
 * The trace of a call: a folder whose manifest.json says what the files beside it are. docs/trace-format.md describes
 * every file. A folder of version 1 is read as well (trace/upgrade.ts).
 */
export const TRACE_VERSION = 2;

/** File names within a trace. Whatever is missing was never written, or is lost: readers say so and go on. */
export const TRACE_FILES = {
  manifest: 'manifest.json',
  events: 'events.ndjson',
  /** 16-bit, 8 kHz, sample 0 is the call's start; one sample position is one moment in both. */
  caller: 'caller.wav',
  bot: 'bot.wav',
  /** The person's microphone as it came from the window. */
  microphone: 'mic.wav',
  wire: 'wire.pcap',
  /** Probability of caller speech. */
  vad: 'vad.f32',
  /** Level of both sides, dBFS. */
  levels: 'levels.f32',
  /** Blocks of contract/signals.ts one after the other: everything the lanes draw. */
  peaks: 'peaks.bin',
  transcript: 'transcript.vtt',
  /** What a person added afterwards. */
  notes: 'notes.json',
} as const;

/** What a generation's voice produced, heard or not: `tts/007.wav`. */
export function ttsFile(generation: number): string {
  return `tts/${String(generation).padStart(3, '0')}.wav`;
}

const stageUsed = z.object({
  stage: z.enum(['vad', 'stt', 'turn', 'llm', 'tts']),
  /** `openai`, `embedded`, `scripted`; `frozen`: answered from another trace. */
  provider: z.string(),
  model: z.string(),
  base_url: z.string().nullable(),
  /** Of the model's files on this machine; null: it is elsewhere. */
  sha256: z.string().nullable(),
});
export type StageUsed = z.infer<typeof stageUsed>;

const botUsed = z.object({
  name: z.string(),
  dir: z.string(),
  language: z.string(),
  /** As the call began; `config.used` events tell of changes. */
  hashes: configHashes.extend({
    /** Of what is said in ref_audio, be it written in bot.yaml or transcribed; null: not known, or no recording. */
    ref_text: z.string().nullable().default(null),
  }),
  stages: z.array(stageUsed),
});
export type BotUsed = z.infer<typeof botUsed>;

/** One point of a stream's mapping: this RTP timestamp stands at this sample of its WAV. Holds up to the next point. */
const mappingPoint = z.object({
  stream: z.enum(['caller', 'bot']),
  ssrc: z.int(),
  rtp_timestamp: z.int(),
  sample: z.int(),
});
export type MappingPoint = z.infer<typeof mappingPoint>;

export const traceManifest = z.object({
  v: z.literal(TRACE_VERSION),
  sidetone: z.string(),
  call: z.string(),
  /** import: made from a capture, no engine took part. */
  origin: z.enum(['call', 'replay', 'import']),
  /** The trace that this one replays. */
  replay_of: z.string().nullable(),
  peer: z.string(),
  party: z.string(),
  /** Of a call over SIP, as it began; null: another kind. */
  line: z
    .object({
      account: z.string(),
      direction: z.enum(['in', 'out']),
      remote: z.string(),
      name: z.string().nullable(),
      dialled: z.string(),
    })
    .nullable()
    .default(null),
  codec: z.string(),
  ptime_ms: z.number(),
  /** Wall clock of the call's start, ISO 8601. */
  started: z.string(),
  /** `recording`: its process is still writing, or ended before the call did. `cut`: the disk refused more. */
  state: z.enum(['recording', 'complete', 'cut']),
  ended: z.string().nullable(),
  duration_ms: z.number().nullable(),
  bot: botUsed.nullable(),
  /** Of the impaired network between the two ends; null: none was asked for. */
  impairment: z.object({ seed: z.int(), description: z.string() }).nullable(),
  /** Digits pressed by the caller are masked in events, audio and capture. */
  dtmf_masked: z.boolean(),
  host: z.object({
    platform: z.string(),
    arch: z.string(),
    cpu: z.string(),
    cores: z.int(),
    node: z.string(),
    pid: z.int(),
  }),
  /** The moment that is `at` 0 of the events and sample 0 of the WAVs, on both clocks. */
  clock: z.object({ wall_ms: z.number(), monotonic_ms: z.number() }),
  /** Written at the end; before that the `rtp.mapped` and `caller.aligned` events tell the same. */
  mapping: z.array(mappingPoint),
  /** One float32 (little endian) for each channel each `every_ms`, from the call's start. */
  tracks: z.array(
    z.object({
      file: z.string(),
      what: z.string(),
      unit: z.string(),
      channels: z.int(),
      every_ms: z.number(),
    }),
  ),
  /** Version of the metrics' definitions that `summary` was made by. */
  metrics: z.int(),
  /** What a list shows, so that it need not read the events; null until the call has ended. */
  summary: z
    .object({
      turns: z.int(),
      interruptions: z.int(),
      /** By the engine's clock. */
      worst_latency_ms: z.number().nullable(),
      /** All that was said, for searching. */
      text: z.string(),
    })
    .nullable(),
  /** SHA-256 of each file beside this one, save notes.json, as it was written; empty until the call has ended. */
  sha256: z.record(z.string(), z.string()),
});
export type TraceManifest = z.infer<typeof traceManifest>;

/** notes.json: what a person added to a trace. Times are ms since the call's start. */
export const traceNotes = z.strictObject({
  v: z.literal(1),
  /** Never deleted by age or size. */
  pinned: z.boolean(),
  notes: z.array(z.strictObject({ id: z.string(), at: z.number(), text: z.string() })),
});
export type TraceNotes = z.infer<typeof traceNotes>;
