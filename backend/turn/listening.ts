import { wordsOf } from './backchannels.ts';
import { close, DIGIT_PAUSE_MS, newSegment, reopen, TAIL_MS, WHOLE_MS } from './endpointing.ts';
import { dismiss, silenceOver, voiceOver, wantsFloor, weigh } from './interruption.ts';
import { countFailure, dropHeld, giveFloor, release, startPrompt, startReply } from './speaking.ts';
import type { CallerTurn, Segment, Step, Transcript } from './state.ts';
import {
  isLastGoodbye,
  isPending,
  joinWords,
  newTurn,
  releasedBot,
  talkingSegment,
  textOf,
  voicedMsOf,
} from './state.ts';

/** The caller's side: segments of speech and keys become a turn, the turn gets its one answer. */

/** Voice this long without a word that could be understood was speech, not noise: ask for it again. */
const SUBSTANTIAL_MS = 800;

export function onVoice(step: Step, from: number): void {
  const { state } = step;
  if (isLastGoodbye(state.bot) || talkingSegment(state.turn) !== null) return;
  state.turn ??= newTurn(state);
  const { turn } = state;
  const last = turn.segments.at(-1);
  dropHeld(step);
  if (last !== undefined && turn.endedAt === null && from - last.audioFrom < WHOLE_MS) {
    dropTranscript(step, last);
    reopen(last, from);
  } else {
    // What was not asked for yet is asked for now, so that its audio need not be kept.
    if (last?.transcript === null) transcribe(step, turn, last, Math.min(step.at, from));
    turn.segments.push(newSegment(from, state.lastVoiced));
  }
  goOn(turn);
  const bot = releasedBot(state);
  if (bot !== null) voiceOver(step, bot);
}

export function onSilence(step: Step, lastVoiced: number): void {
  const { state } = step;
  const { turn } = state;
  const segment = talkingSegment(turn);
  if (turn === null || segment === null) return;
  const to = close(segment, lastVoiced);
  state.lastVoiced = to;
  turn.lastActive = Math.max(turn.lastActive, to);
  const bot = releasedBot(state);
  if (state.rules.completeness === 'auto') {
    state.requests += 1;
    segment.judgement = state.requests;
    const from = turn.segments[0]?.audioFrom ?? segment.audioFrom;
    step.effects.push({ type: 'judge', request: state.requests, turn: turn.number, from, to });
  }
  // Over the bot the words are needed at once, to know whether it may go on.
  if ((state.rules.speculate && !state.held) || bot !== null) transcribe(step, turn, segment, step.at);
  if (bot !== null) silenceOver(step, bot);
}

export function onCompleteness(step: Step, request: number, probability: number): void {
  const segment = step.state.turn?.segments.find((segment) => segment.judgement === request);
  if (segment !== undefined) segment.probability = probability;
}

export function onPartial(step: Step, request: number, text: string): void {
  const { turn, rules } = step.state;
  const bot = releasedBot(step.state);
  if (turn === null || bot === null || runningTranscript(turn, request) === undefined) return;
  if (!wantsFloor(text, bot, rules)) return;
  giveFloor(step, bot, turn);
  proceed(step);
}

/** `text` null: it failed. */
export function onTranscript(step: Step, request: number, text: string | null): void {
  const transcript = runningTranscript(step.state.turn, request);
  if (transcript === undefined) return;
  transcript.text = text === null || wordsOf(text).length === 0 ? '' : text.trim();
  transcript.failed = text === null;
  proceed(step);
}

export function onDigit(step: Step, digit: string): void {
  const { state, at } = step;
  if (isLastGoodbye(state.bot)) return;
  state.turn ??= newTurn(state);
  const { turn } = state;
  dropHeld(step);
  const bot = releasedBot(state);
  if (bot !== null) giveFloor(step, bot, turn);
  const done = digit === '#' && turn.digits !== '';
  if (!done) turn.digits += digit;
  turn.digitsUntil = done || digit === '#' ? at : at + DIGIT_PAUSE_MS;
  turn.lastActive = at;
  goOn(turn);
}

/** The silence was long enough. */
export function endTurn(step: Step, turn: CallerTurn): void {
  turn.endedAt = step.at;
  for (const segment of turn.segments) {
    if (segment.transcript === null) transcribe(step, turn, segment, step.at);
  }
  proceed(step);
}

/** The caller has been speaking for so long that the audio is taken in pieces. */
export function cutSegment(step: Step, turn: CallerTurn, segment: Segment): void {
  const { state, at } = step;
  state.lastVoiced = close(segment, at);
  turn.lastActive = at;
  transcribe(step, turn, segment, at);
  turn.segments.push(newSegment(at, at));
}

/** STT's own deadline should have come long ago. */
export function giveUpTranscripts(step: Step, turn: CallerTurn): void {
  for (const { transcript } of turn.segments) {
    if (transcript === null || transcript.text !== null) continue;
    step.effects.push({ type: 'drop_transcript', request: transcript.request });
    transcript.text = '';
    transcript.failed = true;
  }
  proceed(step);
}

/** Forgets what the caller is saying. */
export function abandonTurn(step: Step): void {
  for (const segment of step.state.turn?.segments ?? []) dropTranscript(step, segment);
  dropHeld(step);
  step.state.turn = null;
}

/** The bot's last words turned what the caller said over them into an answer. */
export function answerLate(step: Step, text: string): void {
  const { state } = step;
  const turn = state.turn ?? { ...newTurn(state), endedAt: step.at };
  turn.earlier = joinWords(text, turn.earlier);
  state.turn = turn;
}

/** Takes the turn as far as what is known of it allows. */
export function proceed(step: Step): void {
  const { turn, rules } = step.state;
  if (turn === null) return;
  const bot = releasedBot(step.state);
  if (bot !== null) {
    const verdict = weigh(turn, bot, rules);
    if (verdict === 'nothing') dismiss(step, bot, turn);
    if (verdict !== 'interruption') return;
    giveFloor(step, bot, turn);
  }
  if (turn.endedAt !== null) conclude(step, turn);
  else if (rules.speculate) speculate(step, turn);
}

function speculate(step: Step, turn: CallerTurn): void {
  if (step.state.held || step.state.bot !== null || turn.digits !== '') return;
  if (talkingSegment(turn) !== null || turn.segments.some(isPending)) return;
  const text = textOf(turn);
  if (text !== '') startReply(step, turn, text, true);
}

/** The turn is over and nobody speaks: answer it, note it, ask again, or let it pass as noise. */
function conclude(step: Step, turn: CallerTurn): void {
  const { state, at } = step;
  const pending = turn.segments.some(isPending);
  const failed = turn.segments.some((segment) => segment.transcript?.failed === true);
  const text = textOf(turn);
  const said = text !== '' || turn.digits !== '';
  const substantial = voicedMsOf(turn) >= SUBSTANTIAL_MS;
  if (!turn.announced && (pending || failed || said || substantial)) {
    turn.announced = true;
    const { number, lastActive } = turn;
    step.effects.push({ type: 'turn_ended', turn: number, lastVoiced: lastActive, waited: at - lastActive });
  }
  if (pending) return;
  state.turn = null;
  if (said) take(step, turn, text);
  else if (failed) countFailure(step);
  else if (substantial && !state.held) startPrompt(step, 'repeat');
}

/** What the caller said gets its answer; while the bot is held, it is only kept. */
function take(step: Step, turn: CallerTurn, text: string): void {
  const { state } = step;
  const { number, digits } = turn;
  state.turns = Math.max(state.turns, number);
  state.idlePrompts = 0;
  state.owesApology = false;
  if (state.held) {
    step.effects.push({ type: 'noted', turn: number, text, digits });
    return;
  }
  if (state.bot === null) startReply(step, turn, text, false);
  if (state.bot !== null) release(step, state.bot);
}

function transcribe(step: Step, turn: CallerTurn, segment: Segment, until: number): void {
  const { state } = step;
  const { audioFrom, lastVoiced } = segment;
  if (lastVoiced === null) return;
  state.requests += 1;
  segment.transcript = { request: state.requests, text: null, failed: false };
  step.effects.push({
    type: 'transcribe',
    request: state.requests,
    turn: turn.number,
    from: audioFrom,
    to: Math.max(lastVoiced, Math.min(lastVoiced + TAIL_MS, until)),
    speculative: turn.endedAt === null,
  });
}

function dropTranscript(step: Step, segment: Segment): void {
  if (segment.transcript === null) return;
  step.effects.push({ type: 'drop_transcript', request: segment.transcript.request });
}

function runningTranscript(turn: CallerTurn | null, request: number): Transcript | undefined {
  for (const { transcript } of turn?.segments ?? []) {
    if (transcript?.request === request && transcript.text === null) return transcript;
  }
  return undefined;
}

/** More came: the turn is not over after all. */
function goOn(turn: CallerTurn): void {
  turn.endedAt = null;
  turn.announced = false;
}
