import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { Scope } from '../base/scope.ts';
import type { Spread } from './percentiles.ts';

/**
 * The control of every bench: what the machine allows at that moment. A UDP program in a worker thread of its own
 * that answers each caller with a packet every 20 ms by a bare setTimeout loop; when a caller's voice, told by energy
 * alone, has been silent for `waitMs`, it answers with a tone, and stops after `interruptMs` of voice over it.
 */
export interface NullEngineStart {
  readonly waitMs: number;
  readonly answerMs: number;
  readonly interruptMs: number;
}

export interface NullEngineReport {
  /** How long after its time on the grid each packet left, ms. */
  readonly late: Spread;
}

export interface NullEngine {
  readonly port: number;
  /** Ends it. */
  stop(): Promise<NullEngineReport>;
}

const started = z.object({ port: z.int() });
const number = z.number().nullable();
const stopped = z.object({
  late: z.object({ n: z.int(), p50: number, p95: number, p99: number, max: number }),
});

export async function startNullEngine(start: NullEngineStart, scope: Scope): Promise<NullEngine> {
  const worker = new Worker(new URL('./null-engine-worker.ts', import.meta.url), { workerData: start });
  const forget = scope.defer(async () => {
    await worker.terminate();
  });
  const { port } = started.parse((await once(worker, 'message'))[0]);
  return {
    port,
    async stop() {
      // A thread that ends may hand over its last message and its end in one go.
      const exited = once(worker, 'exit');
      worker.postMessage('stop');
      const report = stopped.parse((await once(worker, 'message'))[0]);
      await exited;
      forget();
      return report;
    },
  };
}
