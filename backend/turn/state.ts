import type { TurnState } from '../contract/events.ts';
import type { HangupReason, PromptKind, TurnEffect, TurnRules } from './types.ts';

/** The whole memory of the machine: plain JSON, so that a call can be stored, sent and stepped through. */
export interface MachineState {
  rules: TurnRules;
  /** null before `call_started`. */
  startedAt: number | null;
  over: boolean;
  /** Highest turn, generation and request given out so far. */
  turns: number;
  generations: number;
  requests: number;
  /** What the caller is saying, or has said and the machine has not made up its mind about. */
  turn: CallerTurn | null;
  /** What the bot is saying or about to say: the one living generation. */
  bot: Generation | null;
  /** The caller's latest voiced sample. */
  lastVoiced: number;
  /** When the bot fell silent. */
  quietSince: number;
  idlePrompts: number;
  /** Failures since the last reply that was played to its end. */
  failures: number;
  /** An apology is due as soon as nobody speaks. */
  owesApology: boolean;
  /** The longest call is reached: goodbye as soon as nobody speaks. */
  closing: boolean;
  /** Hang up as soon as the caller has nothing more to say. Anything the bot still says undoes it. */
  leaving: HangupReason | null;
  /** What a person wants said. */
  toSay: string[];
  /** A person has told the bot to say nothing by itself. */
  held: boolean;
  /** As last told to the host. */
  shown: TurnState;
  wake: number | null;
}

/** One stretch of the caller's audio that is transcribed in one piece. */
export interface Segment {
  /** First sample to transcribe, pre-roll included. */
  readonly audioFrom: number;
  /** First voiced sample after the latest pause in it. */
  voiceFrom: number;
  /** Last voiced sample; null while the caller speaks. */
  lastVoiced: number | null;
  /** Voiced time of the parts that have ended. */
  voicedMs: number;
  transcript: Transcript | null;
  /** Request of the latest `judge`, and its answer. */
  judgement: number | null;
  probability: number | null;
}

export interface Transcript {
  readonly request: number;
  /** null while it is running. */
  text: string | null;
  failed: boolean;
}

export interface CallerTurn {
  number: number;
  /** Words said before these segments and not answered yet. */
  earlier: string;
  digits: string;
  /** More digits may come until then; null when none came. */
  digitsUntil: number | null;
  segments: Segment[];
  /** Last voiced sample or key. */
  lastActive: number;
  /** When it was found to be over; null while it may go on. */
  endedAt: number | null;
  /** `turn_ended` has been said. */
  announced: boolean;
}

export interface Generation {
  readonly id: number;
  readonly kind: 'reply' | 'say' | PromptKind;
  readonly turn: number;
  /** Of a reply: the caller's words it answers. Of `say`: what is said. */
  readonly text: string;
  readonly digits: string;
  /** Its audio may leave; false: a speculation about a turn that may go on. */
  released: boolean;
  /** Its first frame has left. */
  heard: boolean;
  ducked: boolean;
  paused: boolean;
  releasedAt: number;
  /** Hang up when it has been played. */
  hangup: HangupReason | null;
  /** A backchannel heard over it, and when that was settled. */
  aside: { readonly text: string; readonly at: number } | null;
}

/** One step under way: a private copy of the state, and the effects so far. */
export interface Step {
  readonly state: MachineState;
  readonly at: number;
  readonly effects: TurnEffect[];
}

/** Before the call. */
export function startMachine(rules: TurnRules): MachineState {
  return {
    rules,
    startedAt: null,
    over: false,
    turns: 0,
    generations: 0,
    requests: 0,
    turn: null,
    bot: null,
    lastVoiced: 0,
    quietSince: 0,
    idlePrompts: 0,
    failures: 0,
    owesApology: false,
    closing: false,
    leaving: null,
    toSay: [],
    held: false,
    shown: 'idle',
    wake: null,
  };
}

/** A copy that shares only what never changes. */
export function copyState(state: MachineState): MachineState {
  const { turn, bot } = state;
  return {
    ...state,
    turn: turn === null ? null : { ...turn, segments: turn.segments.map(copySegment) },
    bot: bot === null ? null : { ...bot },
    toSay: [...state.toSay],
  };
}

function copySegment(segment: Segment): Segment {
  const { transcript } = segment;
  return { ...segment, transcript: transcript === null ? null : { ...transcript } };
}

export function newTurn(state: MachineState): CallerTurn {
  const { bot } = state;
  // Speech before the answer was heard carries on the turn that is being answered.
  const goesOn = bot?.kind === 'reply' && !bot.heard;
  return {
    number: goesOn ? bot.turn : state.turns + 1,
    earlier: '',
    digits: '',
    digitsUntil: null,
    segments: [],
    lastActive: state.lastVoiced,
    endedAt: null,
    announced: false,
  };
}

/** The segment in which the caller is speaking right now. */
export function talkingSegment(turn: CallerTurn | null): Segment | null {
  const last = turn?.segments.at(-1);
  return last?.lastVoiced === null ? last : null;
}

export function isPending(segment: Segment): boolean {
  return segment.transcript === null || segment.transcript.text === null;
}

/** All words of the turn that are known. */
export function textOf(turn: CallerTurn): string {
  return joinWords(turn.earlier, ...turn.segments.map((segment) => segment.transcript?.text ?? ''));
}

export function joinWords(...parts: string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

export function voicedMsOf(turn: CallerTurn): number {
  return turn.segments.reduce((sum, segment) => sum + segment.voicedMs, 0);
}

/** The bot's speech that the caller's would be over, or null when the bot has nothing in the air. */
export function releasedBot(state: MachineState): Generation | null {
  return state.bot?.released === true ? state.bot : null;
}

/** A goodbye nobody can talk the bot out of. */
export function isLastGoodbye(bot: Generation | null): boolean {
  return bot?.kind === 'goodbye' && bot.hangup !== 'idle';
}

/** What the state looks like from outside. */
export function shownState(state: MachineState): TurnState {
  const { turn, bot } = state;
  if (state.over) return 'idle';
  if (bot?.heard === true) return bot.paused ? 'interrupted' : 'speaking';
  if (turn === null) return bot === null ? 'idle' : 'thinking';
  if (talkingSegment(turn) !== null) return 'listening';
  return turn.endedAt === null ? 'maybe_end' : 'thinking';
}
