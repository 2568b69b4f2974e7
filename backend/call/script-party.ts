import { voicedRange } from '../audio/voiced.ts';
import type { Clock } from '../base/clock.ts';
import { SidetoneError } from '../base/errors.ts';
import type { CallEventBody } from '../contract/events.ts';
import {
  LINE_RATE,
  type CallControl,
  type HeardFrame,
  type Party,
  type SpokenTag,
} from '../contract/party.ts';
import type { Stt } from '../providers/types.ts';

/** The far end has finished when it was silent for this long. */
const ANSWER_OVER_MS = 900;
/** How long a greeting is waited for before the first turn is said. */
const GREETING_WAIT_MS = 2500;
/** How long an answer is waited for before the next turn is said anyway. */
const ANSWER_WAIT_MS = 15_000;
/** Most that is kept of one answer, for transcription. */
const ANSWER_KEPT_SAMPLES = LINE_RATE * 60;

export interface ScriptOptions {
  /** What the caller says, a turn each, 8 kHz. */
  readonly turns: readonly Int16Array[];
  /** Say the next turn this long after the far end began to answer; null: when it has finished. */
  readonly bargeInMs: number | null;
  readonly language: string;
  /** Transcribes what the far end said; null: not wanted. */
  readonly stt: Stt | null;
  readonly clock: Clock;
  readonly control: CallControl;
  readonly emit: (event: CallEventBody) => void;
}

/**
 * A caller that plays recordings, waits for each answer, and measures on the wire how long it waited: from the last
 * voiced sample it sent (when its packet left, less what followed it in the packet) to the first voiced sample it
 * received (when its packet came, plus what preceded it in the packet).
 */
export class ScriptParty implements Party {
  readonly #options: ScriptOptions;
  /** 0: the greeting is awaited; n: turn n is being said or answered. */
  #turn = 0;
  #playing: Int16Array | null = null;
  #played = 0;
  /** The voiced part of the turn being played: [from, to) in samples. */
  #voicedFrom = 0;
  #voicedEnd = 0;
  /** The far end was speaking when this turn began. */
  #bargesIn = false;
  #bargedInAt: number | null = null;
  #lastVoicedSentAt: number;
  #waitingSince: number;
  #answerFrom: number | null = null;
  #answerVoicedAt = 0;
  readonly #answer = new Int16Array(ANSWER_KEPT_SAMPLES);
  #answerSamples = 0;
  #hungUp = false;
  readonly #transcripts = new Set<Promise<void>>();
  readonly #tag: SpokenTag = { generation: 0, from: 0, to: 0 };

  constructor(options: ScriptOptions) {
    this.#options = options;
    this.#waitingSince = options.clock.now();
    this.#lastVoicedSentAt = this.#waitingSince;
  }

  hear(frame: HeardFrame): void {
    if (this.#hungUp) return;
    const voiced = voicedRange(frame.pcm);
    if (voiced) {
      const perMs = LINE_RATE / 1000;
      const frameMs = frame.pcm.length / perMs;
      if (this.#answerFrom === null && !this.#playing) {
        this.#answerFrom = frame.endsAt;
        if (this.#turn > 0) {
          const wire_ms = frame.endsAt + voiced.from / perMs - this.#lastVoicedSentAt;
          this.#options.emit({ type: 'script.latency', turn: this.#turn, wire_ms });
        }
      }
      this.#answerVoicedAt = frame.endsAt - frameMs + voiced.to / perMs;
    }
    if (this.#answerFrom !== null && this.#answerSamples + frame.pcm.length <= ANSWER_KEPT_SAMPLES) {
      this.#answer.set(frame.pcm, this.#answerSamples);
      this.#answerSamples += frame.pcm.length;
    }
  }

  speak(out: Int16Array, _position: number, at: number): SpokenTag | null {
    const playing = this.#playing;
    if (!playing) return null;
    const count = Math.min(out.length, playing.length - this.#played);
    out.set(playing.subarray(this.#played, this.#played + count));
    out.fill(0, count);
    const next = this.#played + count;
    if (this.#bargesIn && this.#voicedFrom >= this.#played && this.#voicedFrom < next) {
      this.#bargedInAt = at - ((out.length - (this.#voicedFrom - this.#played)) * 1000) / LINE_RATE;
    }
    if (this.#voicedEnd > this.#played && this.#voicedEnd <= next) {
      this.#lastVoicedSentAt = at - ((out.length - (this.#voicedEnd - this.#played)) * 1000) / LINE_RATE;
    }
    this.#played = next;
    if (next >= playing.length) {
      this.#playing = null;
      this.#waitingSince = at;
      this.#tellBargeIn();
      this.#options.emit({
        type: 'script.played',
        turn: this.#turn,
        audio_ms: (playing.length * 1000) / LINE_RATE,
      });
    }
    return this.#tag;
  }

  dtmf(): void {
    // A script has nobody to press keys for; the call has logged the digit.
  }

  order(): void {
    throw new SidetoneError('usage', 'only a bot takes this, and a script is on the call');
  }

  tick(now: number): void {
    if (this.#playing || this.#hungUp || !this.#mayGoOn(now)) return;
    this.#bargesIn = this.#answerFrom !== null && now - this.#answerVoicedAt < ANSWER_OVER_MS;
    this.#closeAnswer();
    const next = this.#options.turns[this.#turn];
    this.#turn += 1;
    if (next) {
      this.#playing = next;
      this.#played = 0;
      const voiced = voicedRange(next) ?? { from: 0, to: next.length };
      this.#voicedFrom = voiced.from;
      this.#voicedEnd = voiced.to;
      return;
    }
    this.#hungUp = true;
    void Promise.allSettled(this.#transcripts).then(() => this.#options.control.hangUp('script finished'));
  }

  /** The far end may hang up with its last word: that answer is transcribed as well. */
  async close(): Promise<void> {
    this.#closeAnswer();
    await Promise.allSettled(this.#transcripts);
  }

  #mayGoOn(now: number): boolean {
    if (this.#answerFrom === null) {
      return now - this.#waitingSince >= (this.#turn === 0 ? GREETING_WAIT_MS : ANSWER_WAIT_MS);
    }
    const { bargeInMs, turns } = this.#options;
    if (bargeInMs !== null && this.#turn > 0 && this.#turn < turns.length)
      return now - this.#answerFrom >= bargeInMs;
    return now - this.#answerVoicedAt >= ANSWER_OVER_MS;
  }

  /** How long the far end went on speaking over the turn that has just been said. */
  #tellBargeIn(): void {
    if (this.#bargedInAt === null) return;
    const stopped_after_ms = Math.max(0, this.#answerVoicedAt - this.#bargedInAt);
    this.#bargedInAt = null;
    this.#options.emit({ type: 'script.barged_in', turn: this.#turn, stopped_after_ms });
  }

  #closeAnswer(): void {
    const turn = this.#turn;
    const pcm = this.#answer.slice(0, this.#answerSamples);
    const spoke = this.#answerFrom !== null;
    this.#answerFrom = null;
    this.#answerSamples = 0;
    const { stt, language, emit } = this.#options;
    if (!stt || !spoke) return;
    const transcript = stt
      .transcribe({
        pcm,
        sampleRate: LINE_RATE,
        language,
        prompt: null,
        signal: new AbortController().signal,
      })
      .then((text) => emit({ type: 'script.heard', turn, text }))
      .catch(() => emit({ type: 'script.heard', turn, text: '' }))
      .finally(() => this.#transcripts.delete(transcript));
    this.#transcripts.add(transcript);
  }
}
