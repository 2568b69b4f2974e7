import { stat } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import type { FrozenAnswers } from '../contract/frozen.ts';
import type { ReplayLimits, ReplayOptions, ReplayResult } from '../contract/traces.ts';
import type { Host } from '../host/host.ts';
import { openTrace, type Trace } from '../trace/read.ts';
import { startCaller } from './caller.ts';
import type { CallerJob } from './caller-worker.ts';
import { frozenAnswers } from './frozen-answers.ts';
import { conversationScore, originalScore } from './parts.ts';
import { readRecordedCall } from './recorded-call.ts';
import { resultOf } from './result.ts';
import { readVoices } from './voices.ts';

/** With every stage frozen no model works and nobody's latency is judged: so many calls go on at once. */
const AT_ONCE_FROZEN = 10;
/** A call that has not begun by then will not. */
const BEGINS_WITHIN_MS = 10_000;
const HOST = '127.0.0.1';

export interface ReplayMeans {
  readonly limits: ReplayLimits;
  /** Folder of the traces that are written. */
  readonly tracesDir: string;
  /** Starts an engine of its own for the replay, which closes it; its traces go to `tracesDir`. */
  startHost(onEvent: (event: CallEvent) => void): Pick<Host, 'listen' | 'close'>;
  /** So many of so many calls are over. */
  onProgress?(done: number, of: number): void;
  /** Hangs up and gives up. */
  readonly signal?: AbortSignal;
}

/**
 * Puts the recorded caller of a trace on the line with a bot again, over real RTP on this machine, `repeat` times, and
 * compares what comes of it with the trace. Calls follow one another, so that none slows another; where all stages
 * are frozen, several go on at once.
 *
 * @throws SidetoneError 'usage' when the trace cannot be replayed, 'cancelled' by the signal, or as the engine does.
 */
export async function replayTrace(options: ReplayOptions, means: ReplayMeans): Promise<ReplayResult> {
  const original = await openTrace(options.trace);
  const bot = await botOf(original, options);
  if (options.freeze.length > 0 && original.events.length === 0) {
    throw new SidetoneError('usage', `${options.trace} has no events: no stage can answer from it`, {
      hint: 'replay it without --freeze',
    });
  }
  const recorded = await readRecordedCall(original);
  const frozen = frozenAnswers(original.events, await readVoices(original, options.freeze), options);
  const score = options.pace === 'original' ? originalScore(recorded) : conversationScore(recorded);
  const { codec, ptimeMs } = recorded;
  const of = original.manifest?.call ?? path.basename(original.dir);
  const line = new Line(means);
  let calls: readonly string[];
  try {
    const port = await line.host.listen({ host: HOST, port: 0, bot, replay: { of, frozen } });
    calls = await line.repeat({ score, codec, ptimeMs, host: HOST, port }, options.repeat, atOnce(frozen));
  } finally {
    await line.close();
  }
  return resultOf(original, calls, means);
}

function atOnce({ stt, llm, tts }: FrozenAnswers): number {
  return stt && llm && tts ? AT_ONCE_FROZEN : 1;
}

async function botOf({ manifest, dir }: Trace, options: ReplayOptions): Promise<string> {
  const hint = 'name the folder of a bot with --bot';
  const bot = options.bot ?? manifest?.bot?.dir;
  if (bot === undefined)
    throw new SidetoneError('usage', `${dir} does not say which bot was on the call`, { hint });
  if ((await stat(bot).catch(() => null))?.isDirectory()) return bot;
  throw new SidetoneError('usage', `there is no folder ${bot}${options.bot === null ? ' any more' : ''}`, {
    hint,
  });
}

/** The engine of a replay and the callers that call it. */
class Line {
  readonly host: Pick<Host, 'listen' | 'close'>;
  readonly #means: ReplayMeans;
  readonly #scope = new Scope();
  /** By the caller's port. */
  readonly #begun = new Map<number, PromiseWithResolvers<string>>();
  /** By call. */
  readonly #ended = new Map<string, PromiseWithResolvers<void>>();

  constructor(means: ReplayMeans) {
    this.#means = means;
    this.host = means.startHost((event) => this.#take(event));
  }

  /** Ids of the calls, in the order of their beginnings. */
  async repeat(job: CallerJob, times: number, atOnce: number): Promise<readonly string[]> {
    const calls: string[] = [];
    let left = times;
    let done = 0;
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        calls.push(await this.#call(job));
        done += 1;
        this.#means.onProgress?.(done, times);
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, times) }, work));
    return calls.toSorted();
  }

  /** Callers hang up, then the engine ends with complete traces. */
  async close(): Promise<void> {
    await this.#scope.close();
    await this.host.close();
  }

  async #call(job: CallerJob): Promise<string> {
    const { signal } = this.#means;
    if (signal?.aborted) throw cancelled();
    const caller = startCaller(job, this.#scope);
    const hangUp = (): void => caller.hangUp();
    signal?.addEventListener('abort', hangUp, { once: true });
    try {
      const begun = this.#at(this.#begun, await caller.calling);
      const forget = this.#scope.after(BEGINS_WITHIN_MS, () =>
        begun.reject(new SidetoneError('internal', 'the engine did not answer the replayed call')),
      );
      const call = await begun.promise;
      forget();
      await this.#at(this.#ended, call).promise;
      caller.hangUp();
      await caller.over;
      if (signal?.aborted) throw cancelled();
      return call;
    } finally {
      signal?.removeEventListener('abort', hangUp);
    }
  }

  #take(event: CallEvent): void {
    if (event.type === 'call.started') {
      this.#at(this.#begun, Number(event.peer.split(':').at(-1))).resolve(event.call);
    } else if (event.type === 'call.refused') {
      const refused = new SidetoneError('refused', `the replayed call was refused: ${event.message}`);
      this.#at(this.#begun, Number(event.call.split(':').at(-1))).reject(refused);
    } else if (event.type === 'call.ended') {
      this.#at(this.#ended, event.call).resolve();
    }
  }

  /** Who waits and what is waited for come in any order. */
  #at<Key, Value>(waits: Map<Key, PromiseWithResolvers<Value>>, key: Key): PromiseWithResolvers<Value> {
    const known = waits.get(key);
    if (known) return known;
    const fresh = Promise.withResolvers<Value>();
    fresh.promise.catch(() => undefined);
    waits.set(key, fresh);
    return fresh;
  }
}

function cancelled(): SidetoneError {
  return new SidetoneError('cancelled', 'the replay was stopped');
}
