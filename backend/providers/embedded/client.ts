import type { MessagePort } from 'node:worker_threads';
import { AsyncQueue } from '../../base/async-queue.ts';
import { SidetoneError, errorOf, unreachable } from '../../base/errors.ts';
import type {
  Completeness,
  CompletionRequest,
  Llm,
  LlmDelta,
  PcmChunk,
  SpeakRequest,
  Stt,
  TranscribeRequest,
  Tts,
} from '../types.ts';
import type { FromInference, Job, ToInference } from './protocol.ts';

const COMPLETENESS_MODEL = 'smart-turn-v3';

type Result = Exclude<FromInference, { type: 'end' | 'error' }>;

interface Running {
  readonly results: AsyncQueue<Result>;
  failure: SidetoneError | null;
}

/** A media worker's way to the embedded models. Each provider it makes is an owner that is served in turn. */
export class InferenceClient {
  #port: MessagePort;
  readonly #running = new Map<number, Running>();
  #nextId = 1;
  #nextOwner = 1;
  #lost: SidetoneError | null = null;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#listen(port);
  }

  /** The worker behind the old port is gone; requests go to a fresh one from now on. */
  reconnect(port: MessagePort): void {
    this.#lose('the inference worker has ended');
    this.#lost = null;
    this.#port = port;
    this.#listen(port);
  }

  stt(model: string): Stt {
    const owner = this.#owner();
    return {
      name: `embedded:${model}`,
      transcribe: async ({ pcm, sampleRate, signal }: TranscribeRequest) => {
        let text = '';
        for await (const result of this.#run(owner, { kind: 'stt', model, pcm, sampleRate }, signal)) {
          if (result.type === 'text') text = result.text;
        }
        return text;
      },
      warm: () => this.#load(owner, model),
    };
  }

  tts(model: string): Tts {
    const owner = this.#owner();
    return {
      name: `embedded:${model}`,
      speak: ({ text, language, voice, signal }: SpeakRequest) =>
        this.#chunks(this.#run(owner, { kind: 'tts', model, text, language, speed: voice.speed }, signal)),
      warm: () => this.#load(owner, model),
    };
  }

  llm(model: string): Llm {
    const owner = this.#owner();
    return {
      name: `embedded:${model}`,
      complete: ({ messages, temperature, maxTokens, signal }: CompletionRequest) =>
        this.#deltas(this.#run(owner, { kind: 'llm', model, messages, temperature, maxTokens }, signal)),
      warm: () => this.#load(owner, model),
    };
  }

  completeness(): Completeness {
    const owner = this.#owner();
    const model = COMPLETENESS_MODEL;
    return {
      judge: async ({ pcm, sampleRate, signal }) => {
        for await (const result of this.#run(owner, { kind: 'judge', model, pcm, sampleRate }, signal)) {
          if (result.type === 'probability') return result.value;
        }
        throw new SidetoneError('internal', `${model} gave no verdict`);
      },
      warm: () => this.#load(owner, model),
    };
  }

  close(): void {
    this.#lose('the media worker is closing');
    this.#port.close();
  }

  async *#run(owner: number, job: Job, signal: AbortSignal): AsyncGenerator<Result, void, undefined> {
    if (signal.aborted) throw new SidetoneError('cancelled', 'cancelled');
    if (this.#lost) throw this.#lost;
    const id = this.#nextId;
    this.#nextId += 1;
    const running: Running = { results: new AsyncQueue(), failure: null };
    this.#running.set(id, running);
    const cancel = (): void => {
      this.#post({ type: 'cancel', id });
      // The worker answers between two steps; nobody waits for that.
      this.#end(id, new SidetoneError('cancelled', 'cancelled'));
    };
    signal.addEventListener('abort', cancel, { once: true });
    this.#post({ type: 'start', id, owner, job });
    try {
      for await (const result of running.results) {
        // What had come before the cancellation and was not taken yet is not wanted any more.
        if (signal.aborted) break;
        yield result;
      }
      if (running.failure) throw running.failure;
    } finally {
      signal.removeEventListener('abort', cancel);
      if (this.#running.delete(id)) this.#post({ type: 'cancel', id });
    }
  }

  async *#chunks(results: AsyncIterable<Result>): AsyncGenerator<PcmChunk, void, undefined> {
    for await (const result of results) {
      if (result.type === 'audio') yield { pcm: result.pcm, sampleRate: result.sampleRate };
    }
  }

  async *#deltas(results: AsyncIterable<Result>): AsyncGenerator<LlmDelta, void, undefined> {
    for await (const result of results) {
      if (result.type === 'text') yield { type: 'text', text: result.text };
    }
  }

  async #load(owner: number, model: string): Promise<void> {
    try {
      for await (const result of this.#run(owner, { kind: 'load', model }, new AbortController().signal))
        void result;
    } catch {
      // The first real request says what is wrong.
    }
  }

  #receive(message: FromInference): void {
    switch (message.type) {
      case 'audio':
      case 'text':
      case 'probability':
        this.#running.get(message.id)?.results.push(message);
        break;
      case 'end':
        this.#end(message.id, null);
        break;
      case 'error':
        this.#end(message.id, errorOf(message.problem));
        break;
      default:
        unreachable(message);
    }
  }

  #end(id: number, failure: SidetoneError | null): void {
    const running = this.#running.get(id);
    if (!running) return;
    this.#running.delete(id);
    running.failure = failure;
    running.results.end();
  }

  #lose(reason: string): void {
    this.#lost ??= new SidetoneError('internal', reason, { retryable: true });
    for (const id of this.#running.keys()) this.#end(id, this.#lost);
  }

  #listen(port: MessagePort): void {
    port.on('message', (message: FromInference) => this.#receive(message));
    port.on('close', () => {
      if (port === this.#port) this.#lose('the inference worker has ended');
    });
  }

  #owner(): number {
    const owner = this.#nextOwner;
    this.#nextOwner += 1;
    return owner;
  }

  #post(message: ToInference): void {
    this.#port.postMessage(message);
  }
}
