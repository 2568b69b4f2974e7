import os from 'node:os';
import type { Clock } from '../base/clock.ts';
import { Histogram } from '../base/histogram.ts';
import type { Scope } from '../base/scope.ts';
import { type Paced, Schedule, SLOT_MS } from './grid.ts';

/**
 * A timer is right to a millisecond or two only. So it is set to ring this much early, and the rest, which is less
 * than this, is waited out with the thread asleep: received packets stay in the kernel for so long.
 */
const WAKE_EARLY_MS = 1.5;

/** The one ticker of a worker: serves all its calls on an absolute grid. Runs only while there are calls. */
export class Pacer {
  readonly #scope: Scope;
  readonly #clock: Clock;
  readonly #idle: (now: number) => void;
  readonly #schedule: Schedule;
  readonly #neverNotified = new Int32Array(new SharedArrayBuffer(4));
  #slotAt = 0;
  #running = false;

  /** How long after its grid time each packet left, ms, over all calls. */
  readonly deviation = new Histogram();

  /** `idle` is called in each slot after the calls that were due: batched and periodic work goes there. Must not throw. */
  constructor(scope: Scope, clock: Clock, idle: (now: number) => void) {
    this.#scope = scope;
    this.#clock = clock;
    this.#idle = idle;
    this.#schedule = new Schedule(clock.now());
  }

  /** Calls there are. */
  get size(): number {
    return this.#schedule.size;
  }

  /** Packets that were never sent because the thread was held up past the next one's time. */
  get skipped(): number {
    return this.#schedule.skipped;
  }

  /** Serves `paced` from one of the next slots on. Returns a function that stops it. */
  add(paced: Paced): () => void {
    const now = this.#clock.now();
    const remove = this.#schedule.add(paced, now);
    if (!this.#running) {
      this.#running = true;
      this.#slotAt = this.#schedule.slotAt(now) + SLOT_MS;
      this.#sleep(this.#slotAt - now);
    }
    return remove;
  }

  #sleep(ms: number): void {
    this.#scope.after(Math.max(1, Math.floor(ms - WAKE_EARLY_MS)), this.#wake);
  }

  readonly #wake = (): void => {
    let left = this.#slotAt - this.#clock.now();
    if (left > WAKE_EARLY_MS) return this.#sleep(left);
    if (this.#schedule.anyDueAt(this.#slotAt)) {
      while (left > 0) {
        Atomics.wait(this.#neverNotified, 0, 0, left);
        left = this.#slotAt - this.#clock.now();
      }
      this.#schedule.serve(this.#clock, this.deviation);
    }
    this.#idle(this.#clock.now());

    this.#running = this.#schedule.size > 0 && !this.#scope.closed;
    if (!this.#running) return;
    const now = this.#clock.now();
    this.#slotAt = Math.max(this.#slotAt + SLOT_MS, this.#schedule.slotAt(now));
    this.#sleep(this.#slotAt - now);
  };
}

/**
 * Puts the calling thread before other work of this machine, where the system allows it (Linux as root or with
 * CAP_SYS_NICE; elsewhere a priority belongs to the process, not the thread). Returns whether it did.
 */
export function raiseThreadPriority(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    os.setPriority(0, -10);
    return true;
  } catch {
    return false;
  }
}
