import os from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { SidetoneError, unreachable } from '../../base/errors.ts';
import { tellLastWords } from '../../base/last-words.ts';
import { Engines } from './engines.ts';
import { FairQueue } from './fair-queue.ts';
import { JobRunner } from './job-runner.ts';
import type { InferenceCommand } from './protocol.ts';

/** Entry of the inference worker thread: embedded models for all media workers. */
function main(host: MessagePort, modelsDir: string): void {
  tellLastWords('inference');
  lowerThreadPriority();
  const engines = new Engines(modelsDir);
  const queue = new FairQueue();
  const runners: JobRunner[] = [];

  const close = async (): Promise<void> => {
    // The runtime aborts the whole process when its thread ends in the middle of a run.
    for (const runner of runners) await runner.close();
    await queue.idle();
    await engines.release();
    host.close();
  };

  host.on('message', (message: InferenceCommand & { port?: MessagePort }) => {
    switch (message.type) {
      case 'connect':
        if (message.port) runners.push(new JobRunner(message.port, runners.length, engines, queue));
        break;
      case 'close':
        void close();
        break;
      default:
        unreachable(message);
    }
  });
}

/** A saturated machine shall cost model time, not packet time. On Linux a priority belongs to the calling thread. */
function lowerThreadPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    os.setPriority(0, 5);
  } catch {
    // A sandbox that forbids even this changes nothing but the order under load.
  }
}

if (!parentPort) throw new SidetoneError('internal', 'worker.ts runs as a worker thread');
main(parentPort, String(workerData));
