import { Worker } from 'node:worker_threads';
import { SidetoneError, explain } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { CallerJob, CallerNews } from './caller-worker.ts';

export interface ReplayCaller {
  /** The port it calls from, once it does. */
  readonly calling: Promise<number>;
  /** It has hung up and its thread is gone. */
  readonly over: Promise<void>;
  /** Hangs up now. */
  hangUp(): void;
}

/** Starts a recorded caller in a thread of its own, gone when it has hung up or the scope closes. */
export function startCaller(job: CallerJob, scope: Scope): ReplayCaller {
  const worker = new Worker(new URL('./caller-worker.ts', import.meta.url), {
    workerData: job,
    name: 'replay caller',
  });
  const calling = Promise.withResolvers<number>();
  const over = Promise.withResolvers<void>();
  // Who no longer waits for it has been told otherwise.
  calling.promise.catch(() => undefined);
  over.promise.catch(() => undefined);
  worker.on('message', (news: CallerNews) => {
    if (news.type === 'calling') calling.resolve(news.port);
  });
  let failure: unknown = null;
  worker.on('error', (error) => (failure = error));
  worker.on('exit', (code) => {
    forget();
    const why = failure === null ? `exit code ${code}` : explain(failure);
    const ended = new SidetoneError('internal', `the replay's caller ended: ${why}`);
    calling.reject(ended);
    if (failure === null) over.resolve();
    else over.reject(ended);
  });
  const hangUp = (): void => worker.postMessage('hang up');
  const forget = scope.defer(async () => {
    hangUp();
    await over.promise.catch(() => undefined);
  });
  return { calling: calling.promise, over: over.promise, hangUp };
}
