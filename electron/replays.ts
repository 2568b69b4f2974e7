import { SidetoneError } from '../backend/base/errors.ts';
import type { Scope } from '../backend/base/scope.ts';
import type { CallEvent } from '../backend/contract/events.ts';
import type { ReplayOptions, ReplayResult } from '../backend/contract/traces.ts';
import { replayInThread, type ReplayThreadMeans } from '../backend/replay/thread.ts';
import type { Send } from './outbox.ts';

const NO_LIMITS = { maxLatencyMs: null, maxSlowerMs: null, sameText: false };

export interface ReplaysOptions extends Pick<ReplayThreadMeans, 'modelsDir' | 'version' | 'env'> {
  readonly scope: Scope;
  readonly send: Send;
  /** Of the replayed calls, which are nobody's on show. */
  readonly onEvent: (event: CallEvent) => void;
}

/**
 * Replays that the window asks for, one at a time. Each has an engine of its own on an address of its own: calls going
 * on and the port that answers them know nothing of it.
 */
export class Replays {
  readonly #options: ReplaysOptions;
  #running: { readonly abort: AbortController; readonly over: Promise<unknown> } | null = null;

  constructor(options: ReplaysOptions) {
    this.#options = options;
    options.scope.defer(() => this.stop());
  }

  /**
   * `trace`: its name; `tracesDir`: where what comes of it goes, too. Resolves when all repeats are over.
   * @throws SidetoneError 'usage' while another runs, 'cancelled' when it was stopped, or as replayInThread() does.
   */
  async replay(trace: string, options: ReplayOptions, tracesDir: string): Promise<ReplayResult> {
    if (this.#running) {
      throw new SidetoneError('usage', 'another replay is running', { hint: 'wait for it, or stop it' });
    }
    const { send, modelsDir, version, env, onEvent } = this.#options;
    const abort = new AbortController();
    const progress = (done: number, of: number): void => send('replay.progress', { trace, done, of });
    progress(0, options.repeat);
    const replayed = replayInThread(options, {
      limits: NO_LIMITS,
      tracesDir,
      modelsDir,
      version,
      env,
      onEvent,
      onProgress: progress,
      signal: abort.signal,
    });
    this.#running = { abort, over: replayed.catch(() => undefined) };
    return replayed.finally(() => (this.#running = null));
  }

  /** Hangs up; what was replayed so far stays. */
  async stop(): Promise<void> {
    this.#running?.abort.abort();
    await this.#running?.over;
  }
}
