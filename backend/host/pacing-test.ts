import { Worker } from 'node:worker_threads';
import { z } from 'zod';

const figures = z.object({ p50: z.number(), p99: z.number(), max: z.number() });

export type PacingFigures = z.infer<typeof figures>;

/** How evenly packets can leave on this machine, ms: a pacer with nothing to send, in a thread like a media worker. */
export async function measurePacing(): Promise<PacingFigures> {
  const worker = new Worker(new URL('./pacing-worker.ts', import.meta.url), { name: 'pacing test' });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  worker.once('message', resolve);
  worker.once('error', reject);
  try {
    return figures.parse(await promise);
  } finally {
    await worker.terminate();
  }
}
