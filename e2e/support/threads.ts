import diagnostics from 'node:diagnostics_channel';
import { Worker } from 'node:worker_threads';

/**
 * Ends a thread as a fault in it would, by an exception that nobody catches: no engine sends null. To terminate it from
 * outside is another matter: in the middle of a run of the model runtime that aborts the whole process.
 */
export function crash(thread: Worker | undefined): void {
  thread?.postMessage(null);
}

/** Threads started from now on, by their names; no hook in the engine is needed for it. */
export function watchThreads(): { threads: Worker[]; stop(): void } {
  const threads: Worker[] = [];
  const note = (message: unknown): void => {
    if (typeof message === 'object' && message && 'worker' in message && message.worker instanceof Worker) {
      threads.push(message.worker);
    }
  };
  diagnostics.subscribe('worker_threads', note);
  return { threads, stop: () => diagnostics.unsubscribe('worker_threads', note) };
}
