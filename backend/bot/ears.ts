import { History, type Excerpt } from '../audio/history.ts';
import { LINE_RATE, type HeardFrame } from '../contract/party.ts';
import { VoiceDetector } from '../vad/detector.ts';
import type { SileroBatch } from '../vad/silero.ts';

/** The longest turn that is transcribed whole. */
const KEPT_SECONDS = 60;
const SAMPLES_PER_MS = LINE_RATE / 1000;

export interface EarsHandler {
  /** Clock ms of the first voiced sample, and its place on the caller's track. */
  voice(at: number, position: number): void;
  /** Clock ms of the last voiced sample, and its place. */
  silence(at: number, position: number): void;
  /** That the 32 ms before `end`, a position on the caller's track, hold speech: 0..1. */
  probability(value: number, end: number): void;
}

/** What the bot hears: voice and silence as they begin, and the audio itself to look back on, by clock time. */
export class Ears {
  readonly #history = new History(KEPT_SECONDS * LINE_RATE);
  readonly #detector: VoiceDetector;
  /** Clock ms at which the newest sample was on the wire. */
  #endsAt = 0;

  constructor(silero: SileroBatch, handler: EarsHandler) {
    this.#detector = new VoiceDetector(
      silero,
      (change) => {
        if (change.type === 'voice') handler.voice(change.at, change.from);
        else handler.silence(change.at, change.lastVoiced);
      },
      (probability, end) => handler.probability(probability, end),
    );
  }

  hear(frame: HeardFrame): void {
    this.#history.write(frame.pcm, frame.position);
    this.#endsAt = frame.endsAt;
    this.#detector.hear(frame);
  }

  /** A copy of what was heard between two clock times, as far as it is kept. */
  slice(from: number, to: number): Excerpt {
    return this.#history.slice(this.#positionAt(from), this.#positionAt(to));
  }

  close(): void {
    this.#detector.close();
  }

  #positionAt(at: number): number {
    return Math.round(this.#history.end - (this.#endsAt - at) * SAMPLES_PER_MS);
  }
}
