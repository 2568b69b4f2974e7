import { isBackchannel, wordsOf } from './backchannels.ts';
import { duck, giveFloor, pause, resume } from './speaking.ts';
import type { CallerTurn, Generation, Step } from './state.ts';
import { isPending, talkingSegment, textOf, voicedMsOf } from './state.ts';
import type { TurnRules } from './types.ts';

/**
 * The caller speaks while the bot speaks, or while its answer is on the way. The bot gives way step by step: quieter
 * at once, silent after `interrupt_min_ms`, stopped for good when it is certain that the caller wants the floor.
 */

/** Speech this long after the bot fell silent is no cough: stopped without knowing the words. */
const CERTAIN_AFTER_MS = 1200;
/** How long a silenced bot waits, from the caller's last voiced sample, to learn whether those were words. */
const PATIENCE_MS = 1000;
/** Words at the very end of what the bot says answer it: "yes" is then no backchannel. */
const ANSWER_WINDOW_MS = 1000;

export type Verdict = 'unknown' | 'interruption' | 'nothing';

/** Whether these words, said over this generation, want the floor. Before it is heard, all words do. */
export function wantsFloor(text: string, bot: Generation, rules: TurnRules): boolean {
  if (wordsOf(text).length === 0) return false;
  return !bot.heard || !isBackchannel(text, rules.backchannels);
}

/** What the caller's speech over the bot amounts to, as far as is known. */
export function weigh(turn: CallerTurn, bot: Generation, rules: TurnRules): Verdict {
  if (wantsFloor(textOf(turn), bot, rules)) return 'interruption';
  if (talkingSegment(turn) !== null || turn.segments.some(isPending)) return 'unknown';
  const failed = turn.segments.some((segment) => segment.transcript?.failed === true);
  // Speech long enough to interrupt must not be passed over because STT is down.
  if (failed && bot.heard && voicedMsOf(turn) >= rules.interrupt_min_ms) return 'interruption';
  return 'nothing';
}

/** The first voiced sample over the bot. An answer that is still on its way is held up; speech gets quieter. */
export function voiceOver(step: Step, bot: Generation): void {
  if (bot.paused) return;
  if (bot.heard) duck(step, bot);
  else pause(step, bot);
}

/** The voice is over. A bot that was only ducked goes on at once; words can still stop it. */
export function silenceOver(step: Step, bot: Generation): void {
  if (!bot.paused) resume(step, bot);
}

/** No words, or a backchannel: as if nothing had been said. */
export function dismiss(step: Step, bot: Generation, turn: CallerTurn): void {
  const text = textOf(turn);
  if (text !== '') bot.aside = { text, at: step.at };
  step.state.turn = null;
  resume(step, bot);
}

/** The words of a backchannel that the bot's end has turned into an answer; '' when there are none. */
export function lateAnswer(bot: Generation, at: number): string {
  const { aside } = bot;
  return aside !== null && at - aside.at <= ANSWER_WINDOW_MS ? aside.text : '';
}

/** The next step of giving way, and when. */
export function nextGivingWay(
  turn: CallerTurn,
  bot: Generation,
  rules: TurnRules,
): { at: number; run: (step: Step) => void } | null {
  const talking = talkingSegment(turn);
  if (talking !== null && !bot.paused) {
    return { at: talking.voiceFrom + rules.interrupt_min_ms, run: (step) => pause(step, bot) };
  }
  if (talking !== null) {
    const at = talking.voiceFrom + rules.interrupt_min_ms + CERTAIN_AFTER_MS;
    return { at, run: (step) => giveFloor(step, bot, turn) };
  }
  if (bot.paused) return { at: turn.lastActive + PATIENCE_MS, run: (step) => resume(step, bot) };
  return null;
}
