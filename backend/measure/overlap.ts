import type { CallEvent } from '../contract/events.ts';
import type { TurnMetrics } from '../contract/traces.ts';
import type { EngineAnswer } from './answers.ts';

type Overlap = TurnMetrics['overlapped'][number];

/**
 * Work for an answer that began before the turn was decided to be over: transcript, reply and first audio that were made
 * ahead. It shortens the stages and is no stage of its own.
 */
export function overlappedWork(events: readonly CallEvent[], answer: EngineAnswer): readonly Overlap[] {
  const { turn, generation, turnEndedAt, spokeAt } = answer;
  const found: Overlap[] = [];
  const add = (stage: Overlap['stage'], begin: CallEvent | undefined, end: CallEvent | undefined): void => {
    if (!begin) return;
    const from = begin.at / 1000;
    if (from < turnEndedAt) found.push({ stage, from, to: end ? end.at / 1000 : spokeAt });
  };
  const stt = new Map<number, CallEvent>();
  let [final, transcribed, asked, thought, voiced, audio]: (CallEvent | undefined)[] = [];
  // One pass, whatever the call's length: an hour has hundreds of answers and tens of thousands of events.
  for (const event of events) {
    const isBefore = event.at / 1000 <= spokeAt;
    if (event.type === 'stt.started' && isBefore) {
      if (!stt.has(event.request)) stt.set(event.request, event);
    } else if (event.type === 'stt.final') {
      if (isBefore && event.turn === turn) [final, transcribed] = [event, stt.get(event.request)];
    } else if ('generation' in event && event.generation === generation) {
      if (event.type === 'llm.started') asked ??= event;
      else if (event.type === 'llm.finished') thought ??= event;
      else if (event.type === 'tts.started') voiced ??= event;
      else if (event.type === 'tts.audio') audio ??= event;
    }
  }
  add('stt', transcribed, final);
  add('llm', asked, thought);
  add('tts', voiced, audio);
  return found;
}
