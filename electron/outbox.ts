import type { Scope } from '../backend/base/scope.ts';
import type { CallEvent } from '../backend/contract/events.ts';
import { SIGNAL_RATE_HZ } from '../backend/contract/signals.ts';
import type { Message, Messages } from '../backend/contract/window.ts';

/** Batches of signals under way to a window that has not said it took them; beyond, it is behind. */
const MAX_UNDER_WAY = 8;
/** Kept for a window that is behind, in bytes: about 20 s of 4 calls. The oldest goes first. */
const MAX_WAITING_BYTES = 256 * 1024;

export type Send = <Name extends Message>(name: Name, content: Messages[Name]) => void;

/**
 * What calls have to tell the window, 30 times a second at most. Events always arrive; of the signals the newest
 * win: a window that is behind loses old ones, and is told everything again once it has caught up.
 */
export class Outbox {
  readonly #scope: Scope;
  readonly #send: Send;
  readonly #replay: () => void;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #events: CallEvent[] = [];
  #open = false;
  #scheduled = false;
  #sent = 0;
  #taken = 0;
  #lost = false;

  /** `replay` is asked to send all signals once more, by sendSignals(). */
  constructor(scope: Scope, send: Send, replay: () => void) {
    this.#scope = scope;
    this.#send = send;
    this.#replay = replay;
  }

  /**
   * A fresh window: its snapshot has the events so far. All signals so far follow with the next batch: the window has
   * its snapshot by then, and knows the calls that they belong to.
   */
  open(): void {
    this.#open = true;
    this.#events = [];
    this.#clear();
    this.#sent = 0;
    this.#taken = 0;
    this.#lost = true;
    this.#schedule();
  }

  /** The window is gone. */
  close(): void {
    this.#open = false;
  }

  event(event: CallEvent): void {
    if (!this.#open) return;
    this.#events.push(event);
    this.#schedule();
  }

  signals(batch: Uint8Array): void {
    if (!this.#open) return;
    this.#waiting.push(batch);
    this.#waitingBytes += batch.length;
    while (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#waitingBytes -= this.#waiting.shift()?.length ?? 0;
      this.#lost = true;
    }
    this.#schedule();
  }

  taken(batch: number): void {
    this.#taken = Math.max(this.#taken, Math.min(batch, this.#sent));
    if (this.#lost || this.#waiting.length > 0) this.#schedule();
  }

  /** At once, past the queue. */
  sendSignals(bytes: Uint8Array): void {
    this.#sent += 1;
    this.#send('signals', { batch: this.#sent, bytes });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#scope.after(1000 / SIGNAL_RATE_HZ, () => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#open) return;
    if (this.#events.length > 0) {
      this.#send('call.events', this.#events);
      this.#events = [];
    }
    if (this.#lost && this.#taken === this.#sent) {
      this.#lost = false;
      this.#replay();
    }
    if (this.#waiting.length === 0 || this.#sent - this.#taken >= MAX_UNDER_WAY) return;
    const whole = new Uint8Array(this.#waitingBytes);
    let at = 0;
    for (const batch of this.#waiting) {
      whole.set(batch, at);
      at += batch.length;
    }
    this.#clear();
    this.sendSignals(whole);
  }

  #clear(): void {
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }
}
