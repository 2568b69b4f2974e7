import type { CallEvent } from '../contract/events.ts';
import type { TraceManifest } from '../contract/trace.ts';

export type TraceSummary = NonNullable<TraceManifest['summary']>;

/** What a list shows of a call: a fold over its events. */
export class Summary {
  #turns = 0;
  #interruptions = 0;
  #worst: number | null = null;
  readonly #said: string[] = [];

  /** Events in their order. */
  apply(event: CallEvent): void {
    switch (event.type) {
      case 'turn.ended':
        // A turn ends again when the caller goes on before the answer is heard.
        this.#turns = Math.max(this.#turns, event.turn);
        break;
      case 'latency':
        this.#worst = Math.max(this.#worst ?? 0, event.total_ms);
        break;
      case 'bot.said':
        if (event.interrupted) this.#interruptions += 1;
        this.#say(event.heard);
        break;
      case 'stt.final':
      case 'person.said':
      case 'script.heard':
        this.#say(event.text);
        break;
      default:
        break;
    }
  }

  get value(): TraceSummary {
    return {
      turns: this.#turns,
      interruptions: this.#interruptions,
      worst_latency_ms: this.#worst,
      text: this.#said.join('\n'),
    };
  }

  #say(words: string): void {
    if (words.trim() !== '') this.#said.push(words);
  }
}

/** What a list shows of a whole call. */
export function summaryOf(events: readonly CallEvent[]): TraceSummary {
  const summary = new Summary();
  for (const event of events) summary.apply(event);
  return summary.value;
}
