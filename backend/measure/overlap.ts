import type { CallEvent } from '../contract/events.ts';
import type { TurnMetrics } from '../contract/traces.ts';
import type { EngineAnswer } from './answers.ts';

type Overlap = TurnMetrics['overlapped'][number];
type Transcribed = Extract<CallEvent, { type: 'stt.final' }>;

/** What was done for one answer. */
interface Work {
  asked?: CallEvent;
  thought?: CallEvent;
  voiced?: CallEvent;
  audio?: CallEvent;
}

/** The work that a call's events tell of, by turn and generation: an hour has hundreds of answers to look it up for. */
export class WorkLog {
  readonly #started = new Map<number, CallEvent>();
  readonly #transcribed = new Map<number, Transcribed[]>();
  readonly #work = new Map<number, Work>();

  constructor(events: readonly CallEvent[]) {
    for (const event of events) this.#take(event);
  }

  /**
   * Work for an answer that began before the turn was decided to be over: transcript, reply and first audio that were
   * made ahead. It shortens the stages and is no stage of its own.
   */
  overlapped({ turn, generation, turnEndedAt, spokeAt }: EngineAnswer): readonly Overlap[] {
    const found: Overlap[] = [];
    const add = (stage: Overlap['stage'], begin: CallEvent | undefined, end: CallEvent | undefined): void => {
      if (!begin) return;
      const from = begin.at / 1000;
      if (from < turnEndedAt) found.push({ stage, from, to: end ? end.at / 1000 : spokeAt });
    };
    const final = this.#transcribed.get(turn)?.findLast(({ at }) => at / 1000 <= spokeAt);
    if (final) add('stt', this.#started.get(final.request), final);
    const { asked, thought, voiced, audio } = this.#work.get(generation) ?? {};
    add('llm', asked, thought);
    add('tts', voiced, audio);
    return found;
  }

  #take(event: CallEvent): void {
    switch (event.type) {
      case 'stt.started':
        if (!this.#started.has(event.request)) this.#started.set(event.request, event);
        break;
      case 'stt.final':
        this.#transcribed.set(event.turn, [...(this.#transcribed.get(event.turn) ?? []), event]);
        break;
      case 'llm.started':
        this.#of(event.generation).asked ??= event;
        break;
      case 'llm.finished':
        this.#of(event.generation).thought ??= event;
        break;
      case 'tts.started':
        this.#of(event.generation).voiced ??= event;
        break;
      case 'tts.audio':
        this.#of(event.generation).audio ??= event;
        break;
      default:
        break;
    }
  }

  #of(generation: number): Work {
    const work = this.#work.get(generation) ?? {};
    this.#work.set(generation, work);
    return work;
  }
}
