import type { CallEvent } from '../backend/contract/events.ts';
import { readSignals, type SignalBatch } from '../backend/contract/signals.ts';
import { outdated } from '../backend/fold/kept.ts';
import { TrackStore } from '../backend/fold/tracks.ts';

interface Page {
  readonly events: CallEvent[];
  readonly tracks: TrackStore;
  ended: boolean;
}

/** Everything a window needs to show the calls from their beginnings. */
export class CallBook {
  readonly #pages = new Map<string, Page>();

  /** Calls going on. */
  get live(): number {
    let count = 0;
    for (const { ended } of this.#pages.values()) if (!ended) count += 1;
    return count;
  }

  take(event: CallEvent): void {
    const page = this.#pages.get(event.call);
    if (page) {
      page.events.push(event);
      if (event.type === 'call.ended') {
        page.ended = true;
        this.#forget();
      }
    } else if (event.type === 'call.started') {
      this.#pages.set(event.call, { events: [event], tracks: new TrackStore(), ended: false });
    }
  }

  takeSignals(batch: Uint8Array): void {
    readSignals(batch, (call, track, start, values) => {
      this.#pages.get(call)?.tracks.append(track, start, values);
    });
  }

  logs(): readonly (readonly CallEvent[])[] {
    return [...this.#pages.values()].map(({ events }) => events);
  }

  /** All signals so far, each call in a batch of its own. */
  replay(batch: SignalBatch, onCall: () => void): void {
    for (const [call, { tracks }] of this.#pages) {
      tracks.replay(call, batch);
      onCall();
    }
  }

  #forget(): void {
    const ended = [...this.#pages].filter(([, page]) => page.ended);
    for (const [call] of outdated(ended)) this.#pages.delete(call);
  }
}
