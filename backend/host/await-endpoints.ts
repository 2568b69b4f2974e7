import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { Environment } from '../bot/folder.ts';
import type { BotSettings } from '../contract/settings.ts';
import type { EndpointSettings, Stage } from '../providers/openai-client.ts';
import { askEndpoint, endpointsOf } from './endpoints.ts';

const ASK_EVERY_MS = 1000;
/** Waiting for the very same thing is said again after this long. */
const REPEAT_MS = 30_000;

export interface EndpointNews {
  readonly stage: Stage;
  readonly ready: boolean;
  /** Where it is, and what it is waited for. */
  readonly message: string;
  readonly waitedMs: number;
}

export interface AwaitOptions {
  readonly env: Environment;
  readonly withinMs: number;
  /** Gives up the waiting without an error. */
  readonly signal: AbortSignal;
  onNews(news: EndpointNews): void;
}

/**
 * Returns once every endpoint that the bot needs is ready, or when `signal` aborts. Each is told of when it is ready,
 * and what it is waited for whenever that changes.
 *
 * @throws SidetoneError 'environment' with what is missing, when that takes longer than `withinMs`
 */
export async function awaitEndpoints(settings: BotSettings, options: AwaitOptions): Promise<void> {
  const { signal, withinMs } = options;
  await using scope = new Scope();
  const end = (): void => void scope.close();
  signal.addEventListener('abort', end);
  scope.defer(() => signal.removeEventListener('abort', end));
  if (signal.aborted) return;
  const startedAt = performance.now();
  const missing = await Promise.all(
    endpointsOf(settings).map(({ stage, chosen }) => awaitOne(stage, chosen, startedAt, scope, options)),
  );
  const left = missing.filter((message) => message !== null);
  if (left.length === 0 || signal.aborted) return;
  throw new SidetoneError('environment', `not ready after ${withinMs / 1000} s: ${left.join('; ')}`, {
    hint: 'see the logs of those services, or wait longer with --wait SECONDS',
  });
}

/** null: it is ready; else what was missing at last. */
async function awaitOne(
  stage: Stage,
  chosen: EndpointSettings,
  startedAt: number,
  scope: Scope,
  options: AwaitOptions,
): Promise<string | null> {
  let told: string | null = null;
  let toldAt = 0;
  for (;;) {
    const { ok, message } = await askEndpoint(stage, chosen, options.env);
    const waitedMs = performance.now() - startedAt;
    if (scope.closed) return message;
    if (ok || told !== message || waitedMs - toldAt >= REPEAT_MS) {
      options.onNews({ stage, ready: ok, message, waitedMs });
      told = message;
      toldAt = waitedMs;
    }
    if (ok) return null;
    const leftMs = options.withinMs - waitedMs;
    if (leftMs <= 0) return message;
    await pause(Math.min(ASK_EVERY_MS, leftMs), scope);
  }
}

/** Ends early with the scope. */
function pause(ms: number, scope: Scope): Promise<void> {
  return new Promise((resolve) => {
    const forget = scope.defer(resolve);
    scope.after(ms, () => {
      forget();
      resolve();
    });
  });
}
