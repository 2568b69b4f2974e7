import { Worker } from 'node:worker_threads';
import { SidetoneError, errorOf, explain, unreachable } from '../base/errors.ts';
import type { CallEvent } from '../contract/events.ts';
import type { ReplayOptions, ReplayResult } from '../contract/traces.ts';
import type { HostOptions } from '../host/host.ts';
import type { ReplayMeans } from './replay.ts';
import type { ReplayNews, ReplayStart } from './worker.ts';

export interface ReplayThreadMeans
  extends
    Pick<ReplayMeans, 'limits' | 'tracesDir' | 'onProgress' | 'signal'>,
    Pick<HostOptions, 'modelsDir' | 'version' | 'env'> {
  /** Of the replayed calls. */
  readonly onEvent: (event: CallEvent) => void;
}

/**
 * replayTrace() with an engine of its own, all in a thread of its own: reading an hour's packets and measuring what came
 * of them delays nothing here. @throws SidetoneError as replayTrace() does.
 */
export function replayInThread(
  options: ReplayOptions,
  { limits, tracesDir, onProgress, signal, modelsDir, version, env, onEvent }: ReplayThreadMeans,
): Promise<ReplayResult> {
  const start: ReplayStart = { options, limits, tracesDir, modelsDir, version, env: { ...env } };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: start, name: 'replay' });
  const { promise, resolve, reject } = Promise.withResolvers<ReplayResult>();
  let lastError = '';
  const stop = (): void => worker.postMessage('stop');
  worker.on('message', (news: ReplayNews) => {
    switch (news.type) {
      case 'event':
        onEvent(news.event);
        break;
      case 'progress':
        onProgress?.(news.done, news.of);
        break;
      case 'result':
        resolve(news.result);
        break;
      case 'failure':
        reject(errorOf(news.problem));
        break;
      default:
        unreachable(news);
    }
  });
  worker.on('error', (error) => (lastError = explain(error)));
  worker.on('exit', (code) => {
    signal?.removeEventListener('abort', stop);
    // Has no effect on one that has told how it ended.
    reject(new SidetoneError('internal', `the replay's thread ended: ${lastError || `exit code ${code}`}`));
  });
  signal?.addEventListener('abort', stop);
  if (signal?.aborted === true) stop();
  return promise;
}
