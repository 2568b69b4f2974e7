import type { Clock } from '../base/clock.ts';
import {
  DEFAULT_PARTIALS,
  partialDue,
  partialEnded,
  partialStarted,
  startPartials,
  type PartialsState,
} from '../providers/stt/partials.ts';

export interface GrowingTranscriptOptions {
  readonly clock: Clock;
  /** Transcribes what was heard from clock time `from` until now. */
  readonly transcribe: (from: number, signal: AbortSignal) => Promise<string>;
  readonly onText: (text: string) => void;
}

/**
 * What the caller is saying while it is being said, from a recogniser that does not stream: the growing segment is
 * transcribed again and again, as often as that is cheap.
 */
export class GrowingTranscript {
  readonly #options: GrowingTranscriptOptions;
  #state: PartialsState | null = null;
  #from = 0;
  #abort = new AbortController();

  constructor(options: GrowingTranscriptOptions) {
    this.#options = options;
  }

  /** The caller speaks since clock time `from`. */
  begin(from: number): void {
    this.#abort = new AbortController();
    this.#from = from;
    this.#state = startPartials(this.#options.clock.now(), DEFAULT_PARTIALS);
  }

  /** The caller has stopped: the recogniser is free for the whole segment at once. */
  end(): void {
    this.#state = null;
    this.#abort.abort();
  }

  tick(now: number): void {
    if (!this.#state || !partialDue(this.#state, now)) return;
    this.#state = partialStarted(this.#state, now);
    void this.#transcribe(this.#abort.signal);
  }

  async #transcribe(signal: AbortSignal): Promise<void> {
    const { transcribe, onText, clock } = this.#options;
    try {
      const text = await transcribe(this.#from, signal);
      if (!signal.aborted && text !== '') onText(text);
    } catch {
      // Only a preview: the whole segment's transcription tells what is wrong.
    }
    if (!signal.aborted && this.#state)
      this.#state = partialEnded(this.#state, clock.now(), DEFAULT_PARTIALS);
  }
}
