import { ManualClock } from '../base/clock.ts';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import { toneSpeech } from './tones.ts';
import type {
  ChatMessage,
  CompletionRequest,
  Llm,
  LlmDelta,
  PcmChunk,
  SpeakRequest,
  Stt,
  ToolCall,
  TranscribeRequest,
  Tts,
} from './types.ts';

/**
 * Providers that follow a script: fixed delays, fixed answers, faults on demand. What they answer depends on what
 * they are given, and when on the `sleep` they are given; they never read a clock.
 */

/** Resolves after `ms`; rejects with kind 'cancelled' as soon as `signal` is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * fail: at once; fail_midway: after about half the answer; garbage: an answer that is none;
 * stall: silent after about half, until cancelled; hang: silent from the start, until cancelled.
 */
export type ScriptedFault = 'fail' | 'fail_midway' | 'garbage' | 'stall' | 'hang';

/** Which request (counted from 0) meets with which fault; null: none. */
export type FaultScript = (request: number) => ScriptedFault | null;

export interface SttScript {
  readonly delayMs?: number;
  /** Text of the segment, by the segment or by its place in the order of requests. */
  readonly transcript?: (segment: TranscribeRequest, request: number) => string;
  readonly fault?: FaultScript;
}

export class ScriptedStt implements Stt {
  readonly name = 'scripted';
  readonly #sleep: Sleep;
  readonly #script: Required<SttScript>;
  #requests = 0;

  constructor(sleep: Sleep, script: SttScript = {}) {
    this.#sleep = sleep;
    this.#script = { delayMs: 100, transcript: () => 'Yes, please.', fault: () => null, ...script };
  }

  async transcribe(segment: TranscribeRequest): Promise<string> {
    const request = this.#requests++;
    const { delayMs, transcript, fault } = this.#script;
    const text = transcript(segment, request);
    const course = new Course('stt', fault(request), 1, this.#sleep, segment.signal);
    await course.before();
    await this.#sleep(delayMs, segment.signal);
    segment.onPartial?.(text.slice(0, text.length >> 1));
    await course.step(0.5);
    segment.onPartial?.(text);
    return text;
  }
}

export interface ScriptedReply {
  readonly text: string;
  readonly toolCalls?: readonly ToolCall[];
}

export interface LlmScript {
  readonly firstMs?: number;
  readonly perTokenMs?: number;
  /** The reply to a conversation; its last user message is also given by itself. */
  readonly reply?: (said: string, messages: readonly ChatMessage[]) => string | ScriptedReply;
  readonly fault?: FaultScript;
}

export class ScriptedLlm implements Llm {
  readonly name = 'scripted';
  readonly #sleep: Sleep;
  readonly #script: Required<LlmScript>;
  #requests = 0;

  constructor(sleep: Sleep, script: LlmScript = {}) {
    this.#sleep = sleep;
    this.#script = {
      firstMs: 150,
      perTokenMs: 15,
      reply: () => 'I can help with that. What day would suit you best?',
      fault: () => null,
      ...script,
    };
  }

  async *complete({ messages, signal }: CompletionRequest): AsyncGenerator<LlmDelta, void, undefined> {
    const { firstMs, perTokenMs, reply, fault } = this.#script;
    const scripted = reply(messages.findLast((message) => message.role === 'user')?.content ?? '', messages);
    const { text, toolCalls = [] } = typeof scripted === 'string' ? { text: scripted } : scripted;
    const tokens = tokensOf(text);
    const course = new Course('llm', fault(this.#requests++), tokens.length, this.#sleep, signal);
    await course.before();
    for (const [index, token] of tokens.entries()) {
      await this.#sleep(index === 0 ? firstMs : perTokenMs, signal);
      await course.step(index);
      yield { type: 'text', text: token };
    }
    if (tokens.length === 0) await this.#sleep(firstMs, signal);
    await course.step(Infinity);
    for (const call of toolCalls) yield { type: 'tool', call };
  }
}

export interface TtsScript {
  readonly firstMs?: number;
  /** Audio in one chunk. */
  readonly chunkMs?: number;
  /** Time between chunks. */
  readonly perChunkMs?: number;
  readonly sampleRate?: number;
  readonly fault?: FaultScript;
}

export class ScriptedTts implements Tts {
  readonly name = 'scripted';
  readonly #sleep: Sleep;
  readonly #script: Required<TtsScript>;
  #requests = 0;

  constructor(sleep: Sleep, script: TtsScript = {}) {
    this.#sleep = sleep;
    this.#script = {
      firstMs: 100,
      chunkMs: 100,
      perChunkMs: 20,
      sampleRate: 24_000,
      fault: () => null,
      ...script,
    };
  }

  async *speak({ text, voice, signal }: SpeakRequest): AsyncGenerator<PcmChunk, void, undefined> {
    const { firstMs, chunkMs, perChunkMs, sampleRate, fault } = this.#script;
    const pcm = toneSpeech(text, sampleRate, voice.speed);
    const chunk = Math.round((chunkMs / 1000) * sampleRate);
    const course = new Course('tts', fault(this.#requests++), pcm.length / chunk, this.#sleep, signal);
    await course.before();
    for (let at = 0; at < pcm.length; at += chunk) {
      await this.#sleep(at === 0 ? firstMs : perChunkMs, signal);
      await course.step(at / chunk);
      yield { pcm: pcm.slice(at, at + chunk), sampleRate };
    }
    await course.step(Infinity);
  }
}

/** A reply as a model sends it: a word at a time, with the space before it. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** The course one request takes: straight on, or into its fault. */
class Course {
  readonly #stage: string;
  readonly #fault: ScriptedFault | null;
  readonly #middle: number;
  readonly #sleep: Sleep;
  readonly #signal: AbortSignal;

  constructor(stage: string, fault: ScriptedFault | null, steps: number, sleep: Sleep, signal: AbortSignal) {
    this.#stage = stage;
    this.#fault = fault;
    this.#middle = steps / 2;
    this.#sleep = sleep;
    this.#signal = signal;
  }

  async before(): Promise<void> {
    if (this.#signal.aborted) throw cancelled();
    if (this.#fault === 'fail') throw this.#failure();
    if (this.#fault === 'garbage') throw new SidetoneError('garbled', `scripted ${this.#stage}: garbage`);
    if (this.#fault === 'hang') await this.#sleep(Infinity, this.#signal);
  }

  async step(index: number): Promise<void> {
    if (index < this.#middle) return;
    if (this.#fault === 'fail_midway') throw this.#failure();
    if (this.#fault === 'stall') await this.#sleep(Infinity, this.#signal);
  }

  #failure(): SidetoneError {
    return new SidetoneError('unreachable', `scripted ${this.#stage}: failed`, { retryable: true });
  }
}

function cancelled(): SidetoneError {
  return new SidetoneError('cancelled', 'cancelled');
}

/** Sleeps in real time; what still sleeps when the scope closes is cancelled. */
export function scopeSleep(scope: Scope): Sleep {
  return (ms, signal) =>
    new Promise((resolve, reject) => {
      const settle = (run: () => void) => () => {
        disarm();
        forget();
        signal.removeEventListener('abort', onAbort);
        run();
      };
      const onAbort = settle(() => reject(cancelled()));
      const forget = scope.defer(onAbort);
      const disarm = ms === Infinity ? () => undefined : scope.after(ms, settle(resolve));
      if (signal.aborted || scope.closed) onAbort();
      else signal.addEventListener('abort', onAbort);
    });
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Sleep without real time: everybody sleeps until a test moves the clock. */
export class ManualSleep {
  readonly clock: ManualClock;
  #sleepers: Sleeper[] = [];

  constructor(clock = new ManualClock()) {
    this.clock = clock;
  }

  readonly sleep: Sleep = (ms, signal) =>
    new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(cancelled());
      };
      const sleeper: Sleeper = {
        due: this.clock.now() + ms,
        wake: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      if (signal.aborted) {
        reject(cancelled());
        return;
      }
      signal.addEventListener('abort', onAbort);
      this.#sleepers.push(sleeper);
    });

  /** Moves the clock on, waking everybody due on the way at their own time, and lets what they do run. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await settled();
    for (;;) {
      const next = this.#sleepers.reduce<Sleeper | null>(
        (first, sleeper) => (sleeper.due <= end && sleeper.due < (first?.due ?? Infinity) ? sleeper : first),
        null,
      );
      if (next === null) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.clock.advance(Math.max(0, next.due - this.clock.now()));
      next.wake();
      await settled();
    }
    this.clock.advance(end - this.clock.now());
  }
}

/** Resolves when all promise callbacks that can run have run. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
