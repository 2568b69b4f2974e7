type Closer = () => void | Promise<void>;

/**
 * The one owner of what must not outlive something: timers, sockets, workers, listeners, child scopes.
 * close() ends all of it, newest first, once; what is added afterwards is closed at once.
 * Lint bans raw timers elsewhere, so every timer is found by reading its scope.
 */
export class Scope implements AsyncDisposable {
  readonly #closers = new Set<Closer>();
  readonly #abort = new AbortController();
  #closing: Promise<void> | null = null;

  /** Aborted when the scope closes: pass it to fetches and streams. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get closed(): boolean {
    return this.#closing !== null;
  }

  /** Runs `closer` when the scope closes. Returns a function that forgets it (without running it). */
  defer(closer: Closer): () => void {
    if (this.#closing) {
      this.#closing = this.#closing.then(closer);
      return () => undefined;
    }
    this.#closers.add(closer);
    return () => this.#closers.delete(closer);
  }

  /** One-shot timer. Returns a function that cancels it. */
  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(() => {
      forget();
      run();
    }, ms);
    const forget = this.defer(() => clearTimeout(timer));
    return () => {
      clearTimeout(timer);
      forget();
    };
  }

  /** Repeating timer. Returns a function that cancels it. */
  every(ms: number, run: () => void): () => void {
    const timer = setInterval(run, ms);
    const forget = this.defer(() => clearInterval(timer));
    return () => {
      clearInterval(timer);
      forget();
    };
  }

  /** A scope that closes with this one, or earlier by itself. */
  child(): Scope {
    const child = new Scope();
    const forget = this.defer(() => child.close());
    child.defer(forget);
    return child;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    this.#abort.abort();
    const failures: unknown[] = [];
    for (const closer of [...this.#closers].toReversed()) {
      this.#closers.delete(closer);
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'a resource could not be closed');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
