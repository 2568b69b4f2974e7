import type { CallEvent } from '../contract/events.ts';
import type { TraceMetrics } from '../contract/traces.ts';

export type WordMetrics = Pick<TraceMetrics, 'wordsGenerated' | 'wordsHeard' | 'wordsStruck'>;

/** What the model wrote, and what became of it. Phrases that no model wrote do not count. */
export function wordMetrics(events: readonly CallEvent[]): WordMetrics {
  const written = new Map<number, string>();
  let [wordsHeard, wordsStruck] = [0, 0];
  for (const event of events) {
    if (event.type === 'llm.token')
      written.set(event.generation, (written.get(event.generation) ?? '') + event.text);
    if (event.type !== 'bot.said' || !written.has(event.generation)) continue;
    wordsHeard += wordCount(event.heard);
    wordsStruck += wordCount(event.unheard);
  }
  const wordsGenerated = [...written.values()].reduce((sum, text) => sum + wordCount(text), 0);
  return { wordsGenerated, wordsHeard, wordsStruck };
}

function wordCount(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}
