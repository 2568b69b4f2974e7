import type { HangupReason, PromptKind } from './types.ts';
import type { CallerTurn, Generation, Step } from './state.ts';
import { isLastGoodbye, joinWords } from './state.ts';

/** The bot's side: one generation at a time is started, let go, held up, and ended in one of three ways. */

/** In a row; the next failure ends the call. */
const MAX_APOLOGIES = 2;

function begin(
  step: Step,
  generation: Pick<Generation, 'kind' | 'turn' | 'text' | 'digits' | 'released'>,
): number {
  const { state } = step;
  state.generations += 1;
  state.leaving = null;
  state.bot = {
    id: state.generations,
    ...generation,
    heard: false,
    ducked: false,
    paused: false,
    releasedAt: step.at,
    hangup: null,
    aside: null,
  };
  return state.generations;
}

/** Starts the answer to a turn, its audio held back. */
export function startReply(step: Step, turn: CallerTurn, text: string, speculative: boolean): void {
  const { number, digits } = turn;
  const generation = begin(step, { kind: 'reply', turn: number, text, digits, released: false });
  step.effects.push({ type: 'reply', generation, turn: number, text, digits, speculative });
}

export function release(step: Step, bot: Generation): void {
  bot.released = true;
  bot.releasedAt = step.at;
  step.effects.push({ type: 'release', generation: bot.id });
}

export function startPrompt(step: Step, kind: PromptKind, hangup: HangupReason | null = null): void {
  const generation = begin(step, { kind, turn: step.state.turns, text: '', digits: '', released: true });
  if (step.state.bot !== null) step.state.bot.hangup = hangup;
  step.effects.push({ type: 'prompt', generation, kind });
}

export function startSay(step: Step, text: string): void {
  const generation = begin(step, { kind: 'say', turn: step.state.turns, text, digits: '', released: true });
  step.effects.push({ type: 'say', generation, text });
}

export function duck(step: Step, bot: Generation): void {
  bot.ducked = true;
  step.effects.push({ type: 'duck', generation: bot.id });
}

export function pause(step: Step, bot: Generation): void {
  bot.paused = true;
  step.effects.push({ type: 'pause', generation: bot.id });
}

/** Back to full level and playing, if it was not. */
export function resume(step: Step, bot: Generation): void {
  if (!bot.ducked && !bot.paused) return;
  bot.ducked = false;
  bot.paused = false;
  step.effects.push({ type: 'resume', generation: bot.id });
}

/** Ends it; the caller's words and what was heard of it stay. */
export function stop(step: Step, bot: Generation): void {
  step.effects.push({ type: 'stop', generation: bot.id });
  fallSilent(step);
}

/** Ends it as if it had never been. */
export function drop(step: Step, bot: Generation): void {
  step.effects.push({ type: 'drop_reply', generation: bot.id });
  fallSilent(step);
}

/** Drops a reply that was a speculation about a turn which goes on after all. */
export function dropHeld(step: Step): void {
  const { bot } = step.state;
  if (bot !== null && !bot.released) drop(step, bot);
}

export function fallSilent(step: Step): void {
  step.state.bot = null;
  step.state.quietSince = step.at;
}

/** The caller has the floor. What the bot had not begun to say goes back to where it came from. */
export function giveFloor(step: Step, bot: Generation, turn: CallerTurn): void {
  if (bot.heard) {
    stop(step, bot);
    return;
  }
  drop(step, bot);
  if (bot.kind === 'reply') {
    turn.earlier = joinWords(bot.text, turn.earlier);
    turn.digits = bot.digits + turn.digits;
  }
  if (bot.kind === 'say') step.state.toSay.unshift(bot.text);
}

/** The bot is to say nothing by itself: ends what it is saying or about to say. */
export function hold(step: Step): void {
  const { bot, turn } = step.state;
  step.state.owesApology = false;
  step.state.leaving = null;
  if (bot === null || isLastGoodbye(bot)) return;
  // What a person wants said and nobody has heard yet still waits to be said.
  if (bot.kind === 'say' && !bot.heard) return;
  if (!bot.released) drop(step, bot);
  else if (turn !== null) giveFloor(step, bot, turn);
  else stop(step, bot);
}

/** A model failed: apologise as soon as nobody speaks. Of a bot that is held nobody expects an answer. */
export function countFailure(step: Step): void {
  if (step.state.held) return;
  step.state.failures += 1;
  step.state.owesApology = true;
}

/** The apology that is due; after too many, the goodbye. */
export function apologise(step: Step): void {
  step.state.owesApology = false;
  if (step.state.failures > MAX_APOLOGIES) startPrompt(step, 'goodbye', 'failed');
  else startPrompt(step, 'apology');
}

/** What the bot was saying, or about to say, cannot be said. */
export function botFailed(step: Step, bot: Generation): void {
  const { state } = step;
  if (!bot.released) {
    // Nobody waits for it yet; the end of the turn tries again.
    drop(step, bot);
    return;
  }
  if (bot.kind === 'reply' && !bot.heard && state.turn !== null) {
    // The caller is going on anyway: all the words get one answer, which stands in for the apology.
    giveFloor(step, bot, state.turn);
    return;
  }
  stop(step, bot);
  switch (bot.kind) {
    case 'reply':
    case 'say':
      countFailure(step);
      return;
    case 'goodbye':
      state.leaving = bot.hangup;
      return;
    case 'greeting':
    case 'idle':
    case 'repeat':
    case 'apology':
      // The voice itself fails, and an apology needs it too: stay silent, then give up.
      state.failures += 1;
      state.owesApology = state.failures > MAX_APOLOGIES;
  }
}
