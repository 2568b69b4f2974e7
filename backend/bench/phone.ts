import { firstVoiced, lastVoiced, PACKET_SAMPLES, SAMPLES_PER_MS } from './mulaw.ts';
import type { Utterance } from './utterance.ts';

/** The far end has fallen silent, and not only between two words. */
const FALLEN_SILENT_MS = 120;
const GREETING_WAIT_MS = 8000;

export interface PhoneScript {
  /** Said in turn, from the start again after the last. */
  readonly utterances: readonly Utterance[];
  /** How many are said before the phone hangs up; 0: it never speaks, and never hangs up by itself. */
  readonly turns: number;
  /** The first is not said before. */
  readonly firstTurnAfterMs: number;
  /** Waits for a greeting before the first turn. */
  readonly greeted: boolean;
  /** Silence of the far end after which its answer is over and the next turn is said. */
  readonly pauseMs: number;
  readonly answerWithinMs: number;
  /** Speaks over the answer when it has gone on for so long; null: lets it finish. */
  readonly bargeInAfterMs: number | null;
}

/** What a phone measured. Times are ms. */
export interface PhoneLog {
  /**
   * Last voiced sample sent to first voiced sample heard: a sample is sent when its packet leaves less what follows
   * it in there, and heard when its packet comes plus what precedes it.
   */
  readonly latencies: number[];
  /** Turns without an answer in time. */
  missed: number;
  /** Turns the far end spoke into. */
  overlapped: number;
  /** First voiced sample said over the far end to the last voiced sample heard of it. */
  readonly stops: number[];
  /** Times it went on speaking to the end of what was said over it. */
  unstopped: number;
}

type State = 'silent' | 'speaking' | 'waiting' | 'answering' | 'over';

/** A caller: says its turns, waits for the answers, notes the times. Pure; payloads and the clock in and out. */
export class Phone {
  readonly log: PhoneLog = { latencies: [], missed: 0, overlapped: 0, stops: [], unstopped: 0 };
  readonly #script: PhoneScript;
  #state: State = 'silent';
  #since: number;
  #said = 0;
  #packet = 0;
  #voicedSentFrom = 0;
  #voicedSentTo = 0;
  #heardAnything = false;
  #heardTo = -Infinity;
  #interrupting = false;
  #spokenInto = false;

  constructor(script: PhoneScript, now: number) {
    this.#script = script;
    this.#since = now;
  }

  get over(): boolean {
    return this.#state === 'over';
  }

  /** The payload of the packet that leaves now; null: silence. */
  speak(now: number): Uint8Array | null {
    this.#goOn(now);
    if (this.#state !== 'speaking') return null;
    const { utterances } = this.#script;
    const utterance = utterances[this.#said % utterances.length];
    const payload = utterance?.payloads[this.#packet];
    if (!utterance || !payload) return null;
    const start = this.#packet * PACKET_SAMPLES;
    const end = start + PACKET_SAMPLES;
    if (utterance.voicedFrom >= start && utterance.voicedFrom < end) {
      this.#voicedSentFrom = now - (end - utterance.voicedFrom) / SAMPLES_PER_MS;
    }
    if (utterance.voicedTo > start && utterance.voicedTo <= end) {
      this.#voicedSentTo = now - (end - utterance.voicedTo) / SAMPLES_PER_MS;
    }
    this.#packet += 1;
    if (this.#packet === utterance.payloads.length) this.#hasSpoken(now);
    return payload;
  }

  /** bytes[from, to): the payload of a packet that came now. */
  hear(bytes: Uint8Array, from: number, to: number, now: number): void {
    const first = firstVoiced(bytes, from, to);
    if (first < 0) return;
    const heardFrom = now + (first - from) / SAMPLES_PER_MS;
    this.#heardTo = now + (lastVoiced(bytes, from, to) - from) / SAMPLES_PER_MS;
    this.#heardAnything = true;
    if (this.#state === 'waiting') {
      this.log.latencies.push(heardFrom - this.#voicedSentTo);
      this.#enter('answering', now);
    } else if (this.#state === 'speaking' && !this.#interrupting) {
      this.#spokenInto = true;
    }
  }

  #goOn(now: number): void {
    const { turns, greeted, firstTurnAfterMs, pauseMs, answerWithinMs, bargeInAfterMs } = this.#script;
    const inState = now - this.#since;
    const silent = now - this.#heardTo;
    switch (this.#state) {
      case 'silent':
        if (turns === 0 || inState < Math.max(firstTurnAfterMs, pauseMs) || silent < pauseMs) return;
        if (greeted && !this.#heardAnything && inState < GREETING_WAIT_MS) return;
        this.#startSpeaking(false, now);
        return;
      case 'waiting':
        if (inState < answerWithinMs) return;
        this.log.missed += 1;
        this.#next(now);
        return;
      case 'answering':
        if (
          bargeInAfterMs !== null &&
          inState >= bargeInAfterMs &&
          silent < FALLEN_SILENT_MS &&
          this.#said < turns
        ) {
          this.#startSpeaking(true, now);
        } else if (silent >= pauseMs) this.#next(now);
        return;
      case 'speaking':
      case 'over':
        return;
    }
  }

  #next(now: number): void {
    if (this.#said >= this.#script.turns) this.#enter('over', now);
    else this.#startSpeaking(false, now);
  }

  #startSpeaking(interrupting: boolean, now: number): void {
    this.#interrupting = interrupting;
    this.#spokenInto = false;
    this.#packet = 0;
    this.#enter('speaking', now);
  }

  #hasSpoken(now: number): void {
    this.#said += 1;
    const stillHeard = now - this.#heardTo < FALLEN_SILENT_MS;
    if (this.#interrupting) {
      if (stillHeard) this.log.unstopped += 1;
      else this.log.stops.push(this.#heardTo - this.#voicedSentFrom);
    } else if (this.#spokenInto) this.log.overlapped += 1;
    // What is still being said is no answer to this turn.
    this.#enter(stillHeard ? 'answering' : 'waiting', now);
  }

  #enter(state: State, now: number): void {
    this.#state = state;
    this.#since = now;
  }
}
