import type { TurnState } from '../contract/events.ts';
import type { TurnSettings } from '../contract/settings.ts';

/**
 * What goes into the turn machine and what comes out of it. All times are clock milliseconds (base/clock.ts) with
 * fractions; the machine has no clock of its own.
 *
 * `request` numbers transcriptions and judgements, `generation` all that the bot sets out to say, `turn` the
 * caller's turns; each counts from 1 and only upwards. At most one generation is alive at a time. It ends in
 * exactly one of: `reply_finished` from the host, `stop` or `drop_reply` from the machine. Inputs that name a
 * generation or request which is no longer alive are ignored, so the host need not guard against late answers.
 */

/** Settings with the words that do not interrupt filled in. */
export interface TurnRules extends Readonly<Omit<TurnSettings, 'backchannels'>> {
  readonly backchannels: readonly string[];
}

export type PromptKind = 'greeting' | 'idle' | 'goodbye' | 'repeat' | 'apology';

export type HangupReason =
  /** The model called `hangup`. */
  | 'bot'
  /** Nobody spoke. */
  | 'idle'
  | 'max_duration'
  /** Model after model failed. */
  | 'failed';

type InputBody =
  /** The caller's first packet. Before it only `rules`, `hold` and `say` count. */
  | { readonly type: 'call_started'; readonly greeting: boolean }
  /** bot.yaml changed. Counts from now on, for timers that run as well. */
  | { readonly type: 'rules'; readonly rules: TurnRules }
  /** Speech began; `from`: first voiced sample, dated back. Alternates with `silence`. */
  | { readonly type: 'voice'; readonly from: number }
  /** Speech ended; `lastVoiced`: last voiced sample, dated back. */
  | { readonly type: 'silence'; readonly lastVoiced: number }
  /** Answer to `judge`, 0..1. None at all means: cannot tell. */
  | { readonly type: 'completeness'; readonly request: number; readonly probability: number }
  /** Text so far of a transcription that streams. Optional; settles a barge-in sooner. */
  | { readonly type: 'partial'; readonly request: number; readonly text: string }
  /** Answer to `transcribe`; '' when there were no words. */
  | { readonly type: 'transcript'; readonly request: number; readonly text: string }
  /** The transcription failed for good: deadlines and retries are behind it. */
  | { readonly type: 'transcript_failed'; readonly request: number }
  /** The generation's first frame left for the caller. */
  | { readonly type: 'reply_playing'; readonly generation: number }
  /** All of it was played, or there was nothing to play. Only after its release. */
  | { readonly type: 'reply_finished'; readonly generation: number }
  /**
   * LLM or TTS failed for good. When part of it can still be played, send this after that part was played.
   * The machine answers with `stop`, or with `drop_reply` if the words will be answered anew.
   */
  | { readonly type: 'reply_failed'; readonly generation: number }
  /** The model called `hangup`: when the generation has been played, the call is over. */
  | { readonly type: 'reply_hangup'; readonly generation: number }
  | { readonly type: 'dtmf'; readonly digit: string }
  /** A person wants this said: at once, in place of what the bot says or is about to say, but never over the caller. */
  | { readonly type: 'say'; readonly text: string }
  /**
   * Held (`on`), the bot says nothing by itself: what it is saying stops, and the caller's turns are `noted` instead
   * of answered. What a person wants said is said even so, and the longest call still ends, with its goodbye. Let go,
   * it answers the turn that is going on and nothing from before; the caller's silence is counted anew.
   */
  | { readonly type: 'hold'; readonly on: boolean }
  /** The moment last asked for by `wake`, or later. */
  | { readonly type: 'timer' }
  /** The call is gone. Nothing counts after it. */
  | { readonly type: 'call_over' };

export type TurnInput = InputBody & { readonly at: number };

export type TurnEffect =
  /**
   * Transcribe the caller's audio from..to (pre-roll and tail included; `to` is never later than now). `from` is
   * at most 45 s back, so older audio need not be kept.
   */
  | {
      readonly type: 'transcribe';
      readonly request: number;
      readonly turn: number;
      readonly from: number;
      readonly to: number;
      readonly speculative: boolean;
    }
  /** This transcription does not count, whether it is still running or has come: cancel it. */
  | { readonly type: 'drop_transcript'; readonly request: number }
  /** Does this sound complete? Ask the completeness model about the last seconds of it, and send `completeness`. */
  | {
      readonly type: 'judge';
      readonly request: number;
      readonly turn: number;
      readonly from: number;
      readonly to: number;
    }
  /**
   * The caller's turn is over. Comes again for the same turn when the caller went on before a word of the answer
   * was heard: the last one counts. `lastVoiced`: last voiced sample or key; `waited`: from there to now.
   */
  | {
      readonly type: 'turn_ended';
      readonly turn: number;
      readonly lastVoiced: number;
      readonly waited: number;
    }
  /**
   * Add the caller's words to the context and start LLM and TTS, but let no audio leave before `release`.
   * `text` are all words of the turn, `digits` the keys pressed; either may be ''.
   */
  | {
      readonly type: 'reply';
      readonly generation: number;
      readonly turn: number;
      readonly text: string;
      readonly digits: string;
      readonly speculative: boolean;
    }
  /** The caller's words of a turn that nobody answers; add them to the context. `text`, `digits`: as in `reply`. */
  | { readonly type: 'noted'; readonly turn: number; readonly text: string; readonly digits: string }
  /** The reply's audio may leave. */
  | { readonly type: 'release'; readonly generation: number }
  /** Cancel it unheard and take the caller's words out of the context again: no trace of it stays. */
  | { readonly type: 'drop_reply'; readonly generation: number }
  /** Say a fixed phrase; it is released from the start. */
  | { readonly type: 'prompt'; readonly generation: number; readonly kind: PromptKind }
  /** Say what a person typed; released from the start. */
  | { readonly type: 'say'; readonly generation: number; readonly text: string }
  /** Play it quieter. */
  | { readonly type: 'duck'; readonly generation: number }
  /** Let nothing more of it leave and keep the rest. May come before its first frame. */
  | { readonly type: 'pause'; readonly generation: number }
  /** Play on at full level, from where it was cut if it was paused. */
  | { readonly type: 'resume'; readonly generation: number }
  /** Cancel it, flush what is unplayed, cut it in the context to what was heard. The caller's words stay there. */
  | { readonly type: 'stop'; readonly generation: number }
  | { readonly type: 'hangup'; readonly reason: HangupReason }
  /** Send `timer` at this moment. There is one timer: the last `wake` counts, null cancels. */
  | { readonly type: 'wake'; readonly at: number | null }
  | { readonly type: 'state'; readonly state: TurnState };
