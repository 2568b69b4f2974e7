import { Scope } from '../base/scope.ts';

/** How long one request may keep us waiting, in ms. Time the consumer takes between two answers does not count. */
export interface Limits {
  /** Until the first useful answer, a repeated attempt included. */
  readonly first: number;
  /** From one useful answer to the next. */
  readonly between: number;
  /** For everything together. */
  readonly total: number;
}

/**
 * One request's patience: `signal` is aborted when the consumer cancels, when the time is up, and on close().
 * Every wait for the far end goes through wait(); progress() is called when it has sent something useful.
 */
export class Deadline implements AsyncDisposable {
  readonly #scope = new Scope();
  readonly #limits: Limits;
  #left: number;
  #totalLeft: number;
  #verdict: 'cancelled' | 'late' | null = null;
  #progressed = false;

  constructor(limits: Limits, cancel?: AbortSignal) {
    this.#limits = limits;
    this.#left = limits.first;
    this.#totalLeft = limits.total;
    const onAbort = () => this.#end('cancelled');
    if (cancel?.aborted) {
      onAbort();
    } else if (cancel) {
      cancel.addEventListener('abort', onAbort);
      this.#scope.defer(() => cancel.removeEventListener('abort', onAbort));
    }
  }

  get signal(): AbortSignal {
    return this.#scope.signal;
  }

  /** Why the signal was aborted; null while it was not, or after an orderly close(). */
  get verdict(): 'cancelled' | 'late' | null {
    return this.#verdict;
  }

  /** Whether anything useful has come yet. */
  get progressed(): boolean {
    return this.#progressed;
  }

  progress(): void {
    this.#progressed = true;
    this.#left = this.#limits.between;
  }

  /** The answer is complete: whatever else is waited for may take only `ms` more. */
  allow(ms: number): void {
    this.#left = ms;
  }

  /** Waits for work that stops with `signal`. */
  async wait<T>(work: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const disarm = this.#scope.after(Math.min(this.#left, this.#totalLeft), () => this.#end('late'));
    try {
      return await work;
    } finally {
      disarm();
      const took = performance.now() - startedAt;
      this.#left -= took;
      this.#totalLeft -= took;
    }
  }

  /** Rejects when the signal is aborted before `ms` are over. */
  pause(ms: number): Promise<void> {
    return this.wait(
      new Promise((resolve, reject) => {
        this.#scope.after(ms, resolve);
        this.#scope.defer(() => reject(new Error('stopped while waiting')));
      }),
    );
  }

  close(): Promise<void> {
    return this.#scope.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #end(verdict: 'cancelled' | 'late'): void {
    this.#verdict ??= verdict;
    void this.#scope.close();
  }
}
