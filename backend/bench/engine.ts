import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import type { WorkerReport } from '../contract/host.ts';
import { Host } from '../host/host.ts';
import { modelsDirectory } from '../models/directory.ts';

export const REPOSITORY = path.resolve(import.meta.dirname, '../..');
/** One short sentence of a synthetic voice, without a pause longer than 60 ms. */
export const SHORT_SPEECH = path.join(REPOSITORY, 'bots/demo/caller/3-name.wav');

export interface EngineOptions {
  readonly bot: string;
  readonly recordsDir: string | null;
  readonly onEvent?: (event: CallEvent) => void;
}

export interface Engine {
  readonly port: number;
  /** The one media worker's own account. */
  report(): Promise<WorkerReport>;
  close(): Promise<void>;
}

/** The engine as `sidetone serve` runs it, with one media worker: all calls share one core. */
export async function startEngine(options: EngineOptions, scope: Scope): Promise<Engine> {
  const host = Host.start({
    modelsDir: modelsDirectory(),
    recordsDir: options.recordsDir,
    version: 'bench',
    workers: 1,
    env: process.env,
    onEvent: options.onEvent ?? (() => undefined),
  });
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => (closed ??= host.close());
  const forget = scope.defer(close);
  const port = await host.listen({ host: '127.0.0.1', port: 0, bot: options.bot, maxCalls: 5000 });
  return {
    port,
    async report() {
      const [report] = await host.report();
      if (!report) throw new SidetoneError('internal', 'the engine has no media worker');
      return report;
    },
    async close() {
      forget();
      await close();
    },
  };
}
