import type { CallEvent } from '../contract/events.ts';
import type { CallerAlignment } from '../fold/alignment.ts';
import { toMs, type TimeSpan, type Voices } from './recording.ts';

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/** An answer of the bot as its engine tells it. Times in ms since the call's start. */
export interface EngineAnswer {
  readonly turn: number;
  readonly generation: number;
  /** First packet with its audio, by its place on the bot's recording. */
  readonly spokeAt: number;
  /** The last decision before it that the caller's turn was over. */
  readonly turnEndedAt: number;
  /** What the engine took for the caller's last voiced sample; null: it told of none. */
  readonly voiceEndedAt: number | null;
  /** The caller pressed a key after that: the wait counts from there, and no recording shows it. */
  readonly byKey: boolean;
  readonly latency: EventOf<'latency'> | null;
}

/** The answers to turns of the caller; greetings and other phrases answer none. */
export function engineAnswers(
  events: readonly CallEvent[],
  alignment: CallerAlignment,
): readonly EngineAnswer[] {
  const answers: EngineAnswer[] = [];
  const latencies = new Map<number, EventOf<'latency'>>();
  for (const event of events) if (event.type === 'latency') latencies.set(event.generation, event);
  let turnEndedAt = 0;
  let voiceEndedAt: number | null = null;
  let keyAt = -Infinity;
  /** As they were when the turn ended: the caller may go on, which is the next turn. */
  let decided: { readonly voiceEndedAt: number | null; readonly keyAt: number } = { voiceEndedAt, keyAt };
  for (const event of events) {
    switch (event.type) {
      case 'speech.ended':
        voiceEndedAt = toMs(alignment.sampleAt(event.to));
        break;
      case 'dtmf.received':
        keyAt = event.at / 1000;
        break;
      case 'turn.ended':
        turnEndedAt = event.at / 1000;
        decided = { voiceEndedAt, keyAt };
        break;
      case 'bot.speaking':
        if (event.turn === 0) break;
        answers.push({
          turn: event.turn,
          generation: event.generation,
          spokeAt: toMs(event.at_sample),
          turnEndedAt,
          voiceEndedAt: decided.voiceEndedAt,
          byKey: decided.keyAt > (decided.voiceEndedAt ?? -Infinity),
          latency: latencies.get(event.generation) ?? null,
        });
        break;
      default:
        break;
    }
  }
  return answers;
}

/** What the recordings show of an answer. */
export interface HeardAnswer {
  readonly callerEndedAt: number | null;
  readonly botBeganAt: number | null;
}

/** A first voiced sample so much later belongs to something else: the answer itself was silence. */
const LATEST_BEGIN_MS = 2000;
/** Levels are taken over 5 ms: the first voiced block may begin before the packet. */
const BLOCK_MS = 5;

/** `until`: when the bot began to say the next thing. */
export function heardAnswer(answer: EngineAnswer, voices: Voices, until: number): HeardAnswer {
  const { spokeAt, turnEndedAt, byKey } = answer;
  const latest = Math.min(spokeAt + LATEST_BEGIN_MS, until - BLOCK_MS);
  const span = voices.bot.find(({ to }) => to > spokeAt);
  // A span that began earlier is a voice that had not ended: the answer began within it.
  const began = span === undefined ? null : Math.max(span.from, spokeAt - BLOCK_MS);
  const botBeganAt = began !== null && began < latest ? began : null;
  if (byKey || botBeganAt === null) return { callerEndedAt: null, botBeganAt };
  // What the caller began to say after the decision is the next turn's.
  const said = voices.caller.findLast(({ from }) => from < turnEndedAt);
  return { callerEndedAt: said !== undefined && said.to <= botBeganAt ? said.to : null, botBeganAt };
}

/** So long a pause of the bot's is the end of what it was saying. */
const ANSWER_OVER_MS = 1000;

/**
 * Answers by the recordings alone, where no engine took part: each first voiced sample of the bot after the caller has
 * spoken, with the caller's last voiced one before it.
 */
export function answersByVoice({ caller, bot }: Voices): readonly HeardAnswer[] {
  const answers: HeardAnswer[] = [];
  let botEnd = -Infinity;
  for (const span of bot) {
    const said = caller.findLast(({ to }) => to <= span.from);
    const callerSpeaks = caller.some(({ from, to }) => from < span.from && to > span.from);
    const isAnswer = said !== undefined && said.to > botEnd && !callerSpeaks;
    if (isAnswer) answers.push({ callerEndedAt: said.to, botBeganAt: span.from });
    botEnd = span.to;
  }
  return answers;
}

/** Where the bot begins to say something. */
export function botBeginnings(events: readonly CallEvent[], { bot }: Voices): readonly TimeSpan[] {
  const spoke = events.filter((event) => event.type === 'bot.speaking');
  if (spoke.length === 0)
    return bot.filter(({ from }, i) => from - (bot[i - 1]?.to ?? -Infinity) > ANSWER_OVER_MS);
  return spoke
    .map(({ at_sample }) => bot.find(({ to }) => to > toMs(at_sample)))
    .filter((span) => span !== undefined);
}
