import type { CallEvent } from '../../../backend/contract/events.ts';
import { CallerAlignment } from '../../../backend/fold/alignment.ts';

/** So much is read at once: some 400 packets. */
const PAGE_MS = 4000;

/** The stretch round a moment; the same one for all moments well inside of it, so that it is read once. */
export function pageOf(ms: number): { readonly from: number; readonly to: number } {
  const from = Math.floor(ms / (PAGE_MS / 2)) * (PAGE_MS / 2) - PAGE_MS / 4;
  return { from: Math.max(0, from), to: from + PAGE_MS };
}

export interface Trouble {
  readonly concealed: number;
  readonly concealedMs: number;
  readonly stalls: number;
  readonly latestMs: number;
}

/** What went wrong on the wire between two moments of the call, by its events. */
export function troubleIn(events: readonly CallEvent[], from: number, to: number): Trouble {
  const alignment = new CallerAlignment();
  let [concealed, concealedMs, stalls, latestMs] = [0, 0, 0, 0];
  for (const event of events) {
    if (event.type === 'caller.aligned') alignment.apply(event);
    if (event.type === 'rtp.concealed') {
      const [first, last] = [alignment.sampleAt(event.from) / 8, alignment.sampleAt(event.to) / 8];
      if (last <= from || first >= to) continue;
      concealed += 1;
      concealedMs += last - first;
    }
    if (event.type === 'engine.stalled' && event.at / 1000 >= from && event.at / 1000 < to) {
      stalls += 1;
      latestMs = Math.max(latestMs, event.late_ms);
    }
  }
  return { concealed, concealedMs, stalls, latestMs };
}
