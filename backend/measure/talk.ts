import type { CallEvent } from '../contract/events.ts';
import type { BargeInMetrics, TraceMetrics } from '../contract/traces.ts';
import { botBeginnings } from './answers.ts';
import { intersection, outside, toMs, totalMs, type TimeSpan, type Voices } from './recording.ts';

/** A pause of both that a caller notices as one. */
const SILENCE_MS = 2000;
/** The bot, where no engine tells of it, went on when it spoke again so soon. */
const WENT_ON_MS = 1000;

export type TalkMetrics = Pick<
  TraceMetrics,
  'bargeIns' | 'callerInterrupted' | 'silences' | 'callerSpeechMs' | 'botSpeechMs' | 'overlapMs'
>;

/** Who spoke when, and over whom. */
export function talkMetrics(events: readonly CallEvent[], voices: Voices): TalkMetrics {
  const { caller, bot, lengthMs } = voices;
  return {
    bargeIns: bargeIns(events, voices),
    callerInterrupted: botBeginnings(events, voices)
      .filter(({ from: began }) => caller.some(({ from, to }) => from < began && began < to))
      .map(({ from }) => from),
    silences: outside(caller, bot, lengthMs).filter(({ from, to }) => to - from > SILENCE_MS),
    callerSpeechMs: totalMs(caller),
    botSpeechMs: totalMs(bot),
    overlapMs: totalMs(intersection(caller, bot)),
  };
}

function bargeIns(events: readonly CallEvent[], { caller, bot }: Voices): readonly BargeInMetrics[] {
  const generations = generationSpans(events);
  const found: BargeInMetrics[] = [];
  for (const { from: at } of caller) {
    const index = bot.findIndex(({ from, to }) => from < at && at < to);
    const over = bot[index];
    if (over === undefined) continue;
    const said = generations.find(({ from, to }) => from <= at && at < to);
    if (said === undefined) {
      const next = bot[index + 1];
      const wentOn = next !== undefined && next.from - over.to <= WENT_ON_MS;
      found.push({ at, stoppedAfterMs: over.to - at, false: wentOn, generation: 0 });
      continue;
    }
    // Only of a generation that was cut off is its last voiced sample the answer to the barge-in.
    const last = bot.findLast(({ from }) => from < said.to) ?? over;
    const stoppedAt = said.interrupted ? Math.max(last.to, over.to) : over.to;
    const { generation, interrupted } = said;
    found.push({ at, stoppedAfterMs: stoppedAt - at, false: !interrupted, generation });
  }
  return found;
}

interface GenerationSpan extends TimeSpan {
  readonly generation: number;
  readonly interrupted: boolean;
}

/** From the first packet of each generation to when it was over. */
function generationSpans(events: readonly CallEvent[]): readonly GenerationSpan[] {
  const spans: GenerationSpan[] = [];
  const began = new Map<number, number>();
  for (const event of events) {
    if (event.type === 'bot.speaking') began.set(event.generation, toMs(event.at_sample));
    if (event.type !== 'bot.said') continue;
    const { generation, interrupted } = event;
    const from = began.get(generation);
    if (from !== undefined) spans.push({ generation, interrupted, from, to: event.at / 1000 });
  }
  return spans;
}
