import type { CallEvent, LatencyStages, TurnState } from '../contract/events.ts';

/** What folds over a call's events make of it. All times are milliseconds since the call's start. */

export interface Span {
  readonly from: number;
  /** null: still going on. */
  readonly to: number | null;
}

/** The caller spoke. */
export interface SpeechSpan extends Span {
  readonly turn: number;
}

export interface StateSpan extends Span {
  readonly state: TurnState;
}

/** The caller's words, where they were said; a partial gives way to the final. */
export interface PlacedText extends Span {
  readonly to: number;
  readonly turn: number;
  /** Of the speech recogniser; 0: a preview of what is still being said. */
  readonly request: number;
  readonly text: string;
  readonly final: boolean;
}

export interface TokenTick {
  readonly at: number;
  readonly generation: number;
  readonly text: string;
  /** From the question to the model to this, its generation's first token; null: not the first. */
  readonly firstAfterMs: number | null;
  /** Thought ahead of the turn's end and thrown away: nobody was to hear it. */
  readonly discarded: boolean;
}

/** The bot spoke. */
export interface BotSpan extends Span {
  /** 0: a person in the bot's place. */
  readonly generation: number;
  /** The caller's turn it answers; 0: a greeting or another phrase. */
  readonly turn: number;
  /** All words so far, heard or not. */
  readonly text: string;
  /** The end of `text` that the caller did not hear: '' unless it was interrupted. */
  readonly unheard: string;
  readonly interrupted: boolean;
}

/** A wait of the caller's, and what it was made of; the stages follow one another, the residual comes last. */
export interface Waterfall extends Span {
  readonly turn: number;
  readonly generation: number;
  readonly to: number;
  readonly totalMs: number;
  readonly residualMs: number;
  readonly stages: readonly {
    readonly key: keyof LatencyStages;
    readonly from: number;
    readonly to: number;
  }[];
}

export interface Mark {
  readonly at: number;
  readonly label: string;
}

/** One entry of a conversation, as text. `key` is its own within the call and stays while the entry grows. */
export type ConversationItem =
  | {
      readonly kind: 'caller';
      readonly key: string;
      readonly at: number;
      /** 0: said over the bot, which spoke on. */
      readonly turn: number;
      readonly text: string;
      /** What `text` is made of: a turn may be transcribed in several requests (0: not asked for yet). */
      readonly pieces: readonly {
        readonly request: number;
        readonly text: string;
        readonly final: boolean;
      }[];
      /** noted: kept in the bot's context and answered by nobody, because the bot is held. */
      readonly state: 'speaking' | 'recognising' | 'final' | 'noted';
    }
  | {
      readonly kind: 'keys';
      readonly key: string;
      readonly at: number;
      readonly digits: string;
      readonly by: 'caller' | 'us';
    }
  | {
      readonly kind: 'bot';
      readonly key: string;
      /** When it began to think, then when it began to speak. */
      readonly at: number;
      /** The caller's turn it answers; 0: a greeting or another phrase. */
      readonly turn: number;
      readonly generation: number;
      /** All words so far, heard or not. */
      readonly text: string;
      /** The end of `text` that the caller did not hear: '' unless it was cut short. */
      readonly unheard: string;
      readonly state: 'thinking' | 'speaking' | 'said' | 'interrupted';
      readonly tools: readonly {
        readonly name: string;
        readonly tookMs: number | null;
        readonly ok: boolean | null;
      }[];
      readonly waterfall: Waterfall | null;
    }
  | { readonly kind: 'person'; readonly key: string; readonly at: number; readonly text: string }
  | { readonly kind: 'note'; readonly key: string; readonly at: number; readonly event: NoteEvent };

/**
 * Anything else worth a line: warnings, settings taken or refused, failures, marks, whispers, holds, take-overs, and
 * what became of the line.
 */
export type NoteEvent = Extract<
  CallEvent,
  {
    type:
      | 'call.warning'
      | 'call.ended'
      | 'call.muted'
      | 'call.marked'
      | 'call.line'
      | 'call.held'
      | 'call.transfer'
      | 'rtp.latched'
      | 'rtp.one_way'
      | 'rtp.quiet'
      | 'rtp.resumed'
      | 'rtp.unknown_payload'
      | 'bot.held'
      | 'bot.whispered'
      | 'person.took_over'
      | 'person.microphone'
      | 'config.changed'
      | 'config.rejected'
      | 'provider.failed'
      | 'script.heard'
      | 'script.latency'
      | 'script.barged_in';
  }
>;

export type Conversation = readonly ConversationItem[];

/** A call in one row of a list. */
export interface CallSummary {
  readonly id: string;
  /** The far end for a person: its address, or of a call over SIP the name it gives itself, else its URI. */
  readonly peer: string;
  /** Where the far end's audio is to come from. */
  readonly address: string;
  /** Our RTP address once it is known: the other leg's `address` when both ends are ours. */
  readonly local: string | null;
  /** Of a call over SIP; null: another kind. */
  readonly line: {
    readonly account: string;
    readonly direction: 'in' | 'out';
    /** `sip:bob@example.com` */
    readonly remote: string;
    readonly name: string | null;
  } | null;
  /** The call is on hold; `held` is about the bot. */
  readonly heldByUs: boolean;
  readonly heldByThem: boolean;
  /** Its audio is in cipher. */
  readonly srtp: boolean;
  readonly codec: string;
  /** The bot's name, `script` or `person`. */
  readonly party: string;
  readonly state: 'live' | 'ended';
  readonly endReason: string | null;
  /** Up to the latest event. */
  readonly durationMs: number;
  readonly turnState: TurnState;
  readonly turns: number;
  readonly latestLatencyMs: number | null;
  readonly worstLatencyMs: number | null;
  readonly muted: boolean;
  readonly held: boolean;
  readonly takenOver: boolean;
  readonly microphone: { readonly live: boolean; readonly message: string } | null;
  readonly warnings: number;
  readonly lost: number;
  readonly jitterMs: number;
}
