/**
 * What a trace's models answered, for a replay in which they answer the same again: plain data, made on the main
 * thread and used in the media workers. All times are ms since the request.
 */

export interface FrozenAnswers {
  /** null: this stage is live. Likewise below. */
  readonly stt: FrozenHearing | null;
  /** Those that were not thrown away first; likewise below. */
  readonly llm: readonly FrozenReply[] | null;
  readonly tts: readonly FrozenClause[] | null;
}

/** Samples of the caller's 8 kHz track, and the turn they belong to. */
export interface CallerSegment {
  readonly turn: number;
  readonly from: number;
  readonly to: number;
}

export interface FrozenHearing {
  /**
   * How segments of the replay are found among those of the trace: `track` where the caller's packets come at their
   * own times and so stand at their own positions; `turn` where only the turns are the same, by the place within one.
   */
  readonly by: 'track' | 'turn';
  readonly transcripts: readonly FrozenTranscript[];
  readonly judgements: readonly FrozenJudgement[];
}

export interface FrozenTranscript extends CallerSegment {
  readonly partials: readonly { readonly at: number; readonly text: string }[];
  /** null: none had come when the request was thrown away. */
  readonly text: string | null;
  /** When it came, or was thrown away. */
  readonly at: number;
}

/** Whether what was said up to the segment's end sounded complete. */
export interface FrozenJudgement extends CallerSegment {
  readonly probability: number;
  readonly at: number;
}

/** One reply of the model. */
export interface FrozenReply {
  readonly turn: number;
  /** The caller's words that it answers; null: not known. */
  readonly asked: string | null;
  /** discarded: thrown away before it was whole; cut: interrupted before it was whole. */
  readonly end: 'whole' | 'cut' | 'discarded';
  /** A reply with tools has several. */
  readonly rounds: readonly FrozenRound[];
}

export interface FrozenRound {
  readonly tokens: readonly { readonly at: number; readonly text: string }[];
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** When nothing more came: the round's end, or that of the reply. */
  readonly at: number;
}

/** One clause as the voice made it. */
export interface FrozenClause {
  /** The caller's turn that it answers; 0: a fixed phrase. */
  readonly turn: number;
  readonly text: string;
  readonly sampleRate: number;
  readonly pcm: Int16Array;
  /** First and last audio. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** When it was cut short, in the middle or before there was any audio; null: it is whole. */
  readonly cutAt: number | null;
}

/** That the calls a listener answers are a replay. */
export interface ReplayFeed {
  /** The trace that is replayed. */
  readonly of: string;
  readonly frozen: FrozenAnswers;
}
