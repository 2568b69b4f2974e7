import type { CallerSegment } from '../contract/frozen.ts';
import type { BotFolder } from '../contract/host.ts';
import type { VoiceSettings } from '../contract/settings.ts';

/**
 * One interface each for hearing, thinking and speaking. An implementation fails with a SidetoneError whose kind
 * and hint a person can act on; it stops within milliseconds of `signal` and then throws kind 'cancelled'.
 * PCM is 16-bit mono.
 */

/**
 * Readies what the next request would otherwise wait for, such as a connection. Costs nothing while all is ready,
 * so it may be called again and again while the caller speaks. Never throws.
 */
export type Warm = () => Promise<void>;

export interface TranscribeRequest {
  /** A whole segment; the callee does not keep or change it. */
  readonly pcm: Int16Array;
  readonly sampleRate: number;
  readonly language: string;
  readonly prompt: string | null;
  readonly signal: AbortSignal;
  /** Called with the text so far, where the provider streams. */
  readonly onPartial?: (text: string) => void;
  /** Where it lies on the caller's track; not of a call when missing. `preview`: the caller is still speaking. */
  readonly segment?: CallerSegment & { readonly preview: boolean };
}

export interface Stt {
  readonly name: string;
  /** Text of the segment; '' when there are no words in it. */
  transcribe(request: TranscribeRequest): Promise<string>;
  warm?: Warm;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly content: string };

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface CompletionRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolSpec[];
  readonly temperature: number;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  /** The caller's turn that it answers. */
  readonly turn?: number;
}

export type LlmDelta =
  { readonly type: 'text'; readonly text: string } | { readonly type: 'tool'; readonly call: ToolCall };

export interface Llm {
  readonly name: string;
  /** Deltas as they come; ends when the reply is complete. A tool call comes once, whole. */
  complete(request: CompletionRequest): AsyncIterable<LlmDelta>;
  /** Told the system prompt ahead of the requests that have it, where reading it takes time a call does not have. */
  prepare?: (system: string) => void;
  warm?: Warm;
}

export interface Voice extends Pick<VoiceSettings, 'name' | 'speed'> {
  /** WAV bytes of the voice to clone and what is said in it; null when the bot has none. */
  readonly reference: { readonly wav: Uint8Array; readonly text: string } | null;
}

export interface SpeakRequest {
  readonly text: string;
  readonly language: string;
  readonly voice: Voice;
  readonly signal: AbortSignal;
  /** The caller's turn that it answers; 0: none. Missing: it is made ahead of any call. */
  readonly turn?: number;
}

export interface PcmChunk {
  readonly pcm: Int16Array;
  readonly sampleRate: number;
}

export interface Tts {
  readonly name: string;
  /** Audio as it is made; all chunks of one request have one rate. */
  speak(request: SpeakRequest): AsyncIterable<PcmChunk>;
  warm?: Warm;
}

/** Judges whether an utterance sounds complete (smart-turn): probability in 0..1. `pcm`: the last 8 s or less. */
export interface Completeness {
  judge(request: {
    pcm: Int16Array;
    sampleRate: number;
    signal: AbortSignal;
    /** Where it lies on the caller's track. */
    segment?: CallerSegment;
  }): Promise<number>;
  warm?: Warm;
}

export interface Providers {
  readonly stt: Stt;
  readonly llm: Llm;
  readonly tts: Tts;
  /** Speaks an apology while `tts` cannot; null when `tts` itself is the embedded one. */
  readonly fallbackTts: Tts | null;
  /** null when the model is not installed or turn.completeness is off. */
  readonly completeness: Completeness | null;
}

export type Stage = 'stt' | 'llm' | 'tts';

/** Told when an attempt failed and is repeated at once. */
export type OnRetry = (stage: Stage, provider: string, error: Error) => void;

/** Told when a frozen stage has no answer and its live provider is asked instead. */
export type OnMissed = (stage: Stage) => void;

/** Makes the providers that a bot's settings ask for; called again when bot.yaml changes. */
export type ProviderFactory = (
  bot: Pick<BotFolder, 'settings' | 'keys'>,
  onRetry: OnRetry,
  onMissed?: OnMissed,
) => Providers;
