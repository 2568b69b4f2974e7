import { unreachable } from '../base/errors.ts';
import type { TurnSettings } from '../contract/settings.ts';
import { backchannelsOf } from './backchannels.ts';
import { lateAnswer } from './interruption.ts';
import {
  abandonTurn,
  answerLate,
  onCompleteness,
  onDigit,
  onPartial,
  onSilence,
  onTranscript,
  onVoice,
  proceed,
} from './listening.ts';
import { apologise, botFailed, fallSilent, hold, startPrompt, startSay, stop } from './speaking.ts';
import type { Generation, MachineState, Step } from './state.ts';
import { copyState, isLastGoodbye, shownState } from './state.ts';
import { nextTimer } from './timers.ts';
import type { HangupReason, TurnEffect, TurnInput, TurnRules } from './types.ts';

export { startMachine } from './state.ts';
export type { MachineState } from './state.ts';

/** What counts before the caller's first packet. */
const EARLY: ReadonlySet<TurnInput['type']> = new Set(['call_started', 'rules', 'hold', 'say']);

export function turnRules(settings: TurnSettings, language: string): TurnRules {
  return { ...settings, backchannels: settings.backchannels ?? backchannelsOf(language) };
}

/**
 * The turn machine: who speaks, who waits, when a turn is over, what an interruption is. Pure: the same inputs give
 * the same effects, byte for byte. Inputs come in the order of their `at`; effects are carried out in theirs.
 */
export function step(
  before: MachineState,
  input: TurnInput,
): { readonly state: MachineState; readonly effects: readonly TurnEffect[] } {
  if (before.over) return { state: before, effects: [] };
  const state = copyState(before);
  const effects: TurnEffect[] = [];
  const step: Step = { state, at: input.at, effects };
  if (state.startedAt !== null || EARLY.has(input.type)) apply(step, input);
  settle(step);
  // What is due comes after the input: when a timer was late, voice from before its moment wins.
  for (let timer = nextTimer(state); timer !== null && timer.at <= input.at; timer = nextTimer(state)) {
    timer.run(step);
    settle(step);
  }
  tellChanges(step);
  return { state, effects };
}

function apply(step: Step, input: TurnInput): void {
  const { state } = step;
  switch (input.type) {
    case 'call_started':
      callStarted(step, input.greeting);
      return;
    case 'rules':
      state.rules = input.rules;
      return;
    case 'voice':
      onVoice(step, input.from);
      return;
    case 'silence':
      onSilence(step, input.lastVoiced);
      return;
    case 'completeness':
      onCompleteness(step, input.request, input.probability);
      return;
    case 'partial':
      onPartial(step, input.request, input.text);
      return;
    case 'transcript':
      onTranscript(step, input.request, input.text);
      return;
    case 'transcript_failed':
      onTranscript(step, input.request, null);
      return;
    case 'reply_playing':
    case 'reply_finished':
    case 'reply_failed':
    case 'reply_hangup':
      if (state.bot?.id === input.generation) onGeneration(step, state.bot, input.type);
      return;
    case 'dtmf':
      onDigit(step, input.digit);
      return;
    case 'say':
      state.toSay.push(input.text);
      return;
    case 'hold':
      onHold(step, input.on);
      return;
    case 'timer':
      return;
    case 'call_over':
      endCall(step);
      return;
    default:
      unreachable(input);
  }
}

function callStarted(step: Step, greeting: boolean): void {
  const { state, at } = step;
  if (state.startedAt !== null) return;
  state.startedAt = at;
  state.lastVoiced = at;
  state.quietSince = at;
  if (greeting && !state.held && state.toSay.length === 0) startPrompt(step, 'greeting');
}

function onHold(step: Step, on: boolean): void {
  const { state } = step;
  if (state.held === on) return;
  state.held = on;
  if (on) hold(step);
  // Nobody was to speak until now, so the caller has not been silent yet.
  else state.quietSince = step.at;
}

function onGeneration(
  step: Step,
  bot: Generation,
  what: 'reply_playing' | 'reply_finished' | 'reply_failed' | 'reply_hangup',
): void {
  switch (what) {
    case 'reply_playing':
      playing(step, bot);
      return;
    case 'reply_finished':
      finished(step, bot);
      return;
    case 'reply_failed':
      botFailed(step, bot);
      // A speculation that failed is not tried again until the turn has ended.
      if (bot.released) proceed(step);
      return;
    case 'reply_hangup':
      bot.hangup ??= 'bot';
      return;
    default:
      unreachable(what);
  }
}

function playing({ state }: Step, bot: Generation): void {
  bot.heard = true;
  // From here on the turn it answers is closed, and speech that was going on with it is a turn of its own.
  if (state.turn !== null) state.turn.number = state.turns + 1;
}

function finished(step: Step, bot: Generation): void {
  const { state } = step;
  if (bot.kind === 'reply' && !bot.heard && bot.hangup === null) {
    // Nothing at all to say is no answer.
    botFailed(step, bot);
  } else {
    if (bot.kind === 'reply') state.failures = 0;
    state.leaving = bot.hangup;
    fallSilent(step);
    const answer = bot.hangup === null ? lateAnswer(bot, step.at) : '';
    if (answer !== '') answerLate(step, answer);
  }
  proceed(step);
}

/** When the caller has nothing to say, what waits for that moment happens. */
function settle(step: Step): void {
  const { state } = step;
  const { bot } = state;
  if (state.startedAt === null || state.over || state.turn !== null) return;
  const [text] = state.toSay;
  if (bot === null && state.leaving !== null) {
    hangUp(step, state.leaving);
  } else if (text !== undefined && bot?.kind !== 'say' && !isLastGoodbye(bot)) {
    if (bot !== null) stop(step, bot);
    state.toSay.shift();
    startSay(step, text);
  } else if (bot === null && state.closing) {
    startPrompt(step, 'goodbye', 'max_duration');
  } else if (bot === null && state.owesApology) {
    apologise(step);
  }
}

function hangUp(step: Step, reason: HangupReason): void {
  step.effects.push({ type: 'hangup', reason });
  endCall(step);
}

function endCall(step: Step): void {
  abandonTurn(step);
  if (step.state.bot !== null) stop(step, step.state.bot);
  step.state.over = true;
}

function tellChanges({ state, effects }: Step): void {
  const shown = shownState(state);
  if (shown !== state.shown) effects.push({ type: 'state', state: shown });
  state.shown = shown;
  const wake = nextTimer(state)?.at ?? null;
  if (wake !== state.wake) effects.push({ type: 'wake', at: wake });
  state.wake = wake;
}
