import type { Clock } from '../base/clock.ts';
import type { Excerpt } from '../audio/history.ts';
import type { CallEventBody } from '../contract/events.ts';
import type { CallerSegment } from '../contract/frozen.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { BotSettings } from '../contract/settings.ts';
import type { Providers } from '../providers/types.ts';
import type { TurnEffect, TurnInput } from '../turn/types.ts';
import type { Ears } from './ears.ts';
import { GrowingTranscript } from './growing-transcript.ts';

/** What the completeness model looks back on. */
const JUDGED_MS = 8000;

export interface RecogniserOptions {
  readonly clock: Clock;
  readonly ears: Ears;
  /** As they are now: they change with bot.yaml. */
  readonly settings: () => BotSettings;
  readonly providers: () => Providers;
  /** The caller's turn going on. */
  readonly turn: () => number;
  readonly emit: (event: CallEventBody) => void;
  readonly input: (input: TurnInput) => void;
  /** The provider failed for good. */
  readonly failed: (error: unknown) => void;
}

/** Turns what the ears kept into words and judgements, as the turn machine asks for them. */
export class Recogniser {
  readonly #options: RecogniserOptions;
  readonly #running = new Map<number, AbortController>();
  readonly #growing: GrowingTranscript;
  readonly #abort = new AbortController();
  /** When the latest words of a turn were known, by turn. */
  readonly #knownAt = new Map<number, number>();

  constructor(options: RecogniserOptions) {
    this.#options = options;
    this.#growing = new GrowingTranscript({
      clock: options.clock,
      transcribe: (from, signal) =>
        this.#words(options.ears.slice(from, options.clock.now()), options.turn(), signal),
      onText: (text) => options.emit({ type: 'stt.partial', turn: options.turn(), request: 0, text }),
    });
  }

  voiceBegan(from: number): void {
    this.#growing.begin(from);
  }

  voiceEnded(): void {
    this.#growing.end();
  }

  tick(now: number): void {
    // Endpoints stream partials by themselves, or would have to be paid for each.
    if (this.#options.settings().stt.provider === 'embedded') this.#growing.tick(now);
  }

  /** When the words of a turn were known, clock ms. */
  knownAt(turn: number): number | null {
    return this.#knownAt.get(turn) ?? null;
  }

  async transcribe({
    request,
    turn,
    from,
    to,
    speculative,
  }: TurnEffect & { type: 'transcribe' }): Promise<void> {
    const { clock, ears, emit, input, failed } = this.#options;
    const heard = ears.slice(from, to);
    const { pcm } = heard;
    const abort = new AbortController();
    this.#running.set(request, abort);
    emit({
      type: 'stt.started',
      turn,
      request,
      audio_ms: (pcm.length * 1000) / LINE_RATE,
      from: heard.from,
      to: heard.from + pcm.length,
      speculative,
    });
    const startedAt = clock.now();
    try {
      const text = await this.#words(heard, turn, abort.signal, (partial) => {
        if (abort.signal.aborted) return;
        emit({ type: 'stt.partial', turn, request, text: partial });
        input({ type: 'partial', request, text: partial, at: clock.now() });
      });
      if (abort.signal.aborted || this.#abort.signal.aborted) return;
      const at = clock.now();
      emit({ type: 'stt.final', turn, request, text, took_ms: at - startedAt });
      this.#knownAt.set(turn, at);
      this.#knownAt.delete(turn - 2);
      input({ type: 'transcript', request, text: text.trim(), at });
    } catch (error) {
      if (abort.signal.aborted || this.#abort.signal.aborted) return;
      failed(error);
      input({ type: 'transcript_failed', request, at: clock.now() });
    } finally {
      this.#running.delete(request);
    }
  }

  drop(request: number): void {
    this.#running.get(request)?.abort();
    this.#options.emit({ type: 'stt.discarded', turn: this.#options.turn(), request });
  }

  async judge({ request, turn, from, to }: TurnEffect & { type: 'judge' }): Promise<void> {
    const { clock, ears, emit, input, providers } = this.#options;
    const { completeness } = providers();
    if (!completeness) return;
    try {
      const heard = ears.slice(Math.max(from, to - JUDGED_MS), to);
      const probability = await completeness.judge({
        pcm: heard.pcm,
        sampleRate: LINE_RATE,
        signal: this.#abort.signal,
        segment: segmentOf(heard, turn),
      });
      if (this.#abort.signal.aborted) return;
      emit({ type: 'turn.completeness', turn, probability });
      input({ type: 'completeness', request, probability, at: clock.now() });
    } catch {
      // No verdict means that silence alone decides.
    }
  }

  close(): void {
    this.#growing.end();
    this.#abort.abort();
  }

  /** `onPartial` missing: only a preview. */
  #words(
    heard: Excerpt,
    turn: number,
    signal: AbortSignal,
    onPartial?: (text: string) => void,
  ): Promise<string> {
    const { language, stt } = this.#options.settings();
    return this.#options.providers().stt.transcribe({
      pcm: heard.pcm,
      sampleRate: LINE_RATE,
      language,
      prompt: stt.prompt ?? null,
      signal: AbortSignal.any([signal, this.#abort.signal]),
      segment: { ...segmentOf(heard, turn), preview: !onPartial },
      ...(onPartial ? { onPartial } : {}),
    });
  }
}

function segmentOf({ from, pcm }: Excerpt, turn: number): CallerSegment {
  return { turn, from, to: from + pcm.length };
}
