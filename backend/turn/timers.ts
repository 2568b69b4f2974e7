import { CUT_MS, endOfTurn } from './endpointing.ts';
import { nextGivingWay } from './interruption.ts';
import { abandonTurn, cutSegment, endTurn, giveUpTranscripts } from './listening.ts';
import { botFailed, stop, startPrompt } from './speaking.ts';
import type { MachineState, Step } from './state.ts';
import { isPending, releasedBot, talkingSegment } from './state.ts';

/** Providers have deadlines of their own; this one is there so that no lost answer can hang a call. */
const LOST_AFTER_MS = 30_000;
/** How long the longest call is stretched, so that a sentence can end. */
const LAST_SENTENCE_MS = 5000;

export interface Timer {
  readonly at: number;
  readonly run: (step: Step) => void;
}

/** The earliest moment at which something happens by itself, read off the state: no timer can be forgotten. */
export function nextTimer(state: MachineState): Timer | null {
  let next: Timer | null = null;
  for (const timer of timers(state)) {
    if (next === null || timer.at < next.at) next = timer;
  }
  return next;
}

function* timers(state: MachineState): Generator<Timer> {
  const { startedAt, turn, bot, rules } = state;
  if (startedAt === null || state.over) return;

  if (turn !== null) {
    const end = endOfTurn(turn, rules);
    if (end !== null) yield { at: end, run: (step) => endTurn(step, turn) };
    const talking = talkingSegment(turn);
    if (talking !== null) {
      yield { at: talking.audioFrom + CUT_MS, run: (step) => cutSegment(step, turn, talking) };
    }
    if (turn.endedAt !== null && turn.segments.some(isPending)) {
      yield { at: turn.endedAt + LOST_AFTER_MS, run: (step) => giveUpTranscripts(step, turn) };
    }
    const spoken = releasedBot(state);
    const givingWay = spoken === null ? null : nextGivingWay(turn, spoken, rules);
    if (givingWay !== null) yield givingWay;
  }

  if (bot !== null && bot.released && (!bot.heard || bot.kind === 'goodbye')) {
    yield { at: bot.releasedAt + LOST_AFTER_MS, run: (step) => botFailed(step, bot) };
  }
  if (turn === null && bot === null && !state.held) {
    yield { at: state.quietSince + rules.idle_ms, run: nobodySpeaks };
  }
  const longest = startedAt + rules.max_call_ms;
  if (!state.closing) yield { at: longest, run: (step) => void (step.state.closing = true) };
  else if (bot?.kind !== 'goodbye') yield { at: longest + LAST_SENTENCE_MS, run: breakOff };
}

function nobodySpeaks(step: Step): void {
  const { state } = step;
  if (state.idlePrompts < state.rules.idle_prompts) {
    state.idlePrompts += 1;
    startPrompt(step, 'idle');
  } else {
    startPrompt(step, 'goodbye', 'idle');
  }
}

function breakOff(step: Step): void {
  abandonTurn(step);
  if (step.state.bot !== null) stop(step, step.state.bot);
  startPrompt(step, 'goodbye', 'max_duration');
}
