import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { SidetoneError, problemOf, type Problem } from '../base/errors.ts';
import { tellLastWords } from '../base/last-words.ts';
import type { CallEvent } from '../contract/events.ts';
import type { ReplayLimits, ReplayOptions, ReplayResult } from '../contract/traces.ts';
import { Host, type HostOptions } from '../host/host.ts';
import { replayTrace } from './replay.ts';

/** What the thread is started with. */
export interface ReplayStart extends Pick<HostOptions, 'modelsDir' | 'version' | 'env'> {
  readonly options: ReplayOptions;
  readonly limits: ReplayLimits;
  readonly tracesDir: string;
}

/** What it tells; `result` or `failure` last. It is told 'stop', or nothing. */
export type ReplayNews =
  | { readonly type: 'event'; readonly event: CallEvent }
  | { readonly type: 'progress'; readonly done: number; readonly of: number }
  | { readonly type: 'result'; readonly result: ReplayResult }
  | { readonly type: 'failure'; readonly problem: Problem };

/** Entry of a replay's thread, with the replay's engine in it. */
async function main(port: MessagePort, start: ReplayStart): Promise<void> {
  const tell = (news: ReplayNews): void => port.postMessage(news);
  tellLastWords('replay');
  const { options, limits, tracesDir, modelsDir, version, env } = start;
  const abort = new AbortController();
  port.on('message', () => abort.abort());
  try {
    const result = await replayTrace(options, {
      limits,
      tracesDir,
      startHost: (take) =>
        Host.start({
          modelsDir,
          recordsDir: tracesDir,
          version,
          workers: 1,
          env,
          onEvent: (event) => {
            take(event);
            tell({ type: 'event', event });
          },
        }),
      onProgress: (done, of) => tell({ type: 'progress', done, of }),
      signal: abort.signal,
    });
    tell({ type: 'result', result });
  } catch (error) {
    tell({ type: 'failure', problem: problemOf(error) });
  }
  port.close();
}

if (!parentPort) throw new SidetoneError('internal', 'worker.ts runs as a worker thread');
await main(parentPort, workerData);
