import type { MessagePort } from 'node:worker_threads';
import { problemOf, unreachable } from '../../base/errors.ts';
import { throwIfCancelled } from './cancel.ts';
import type { Engines } from './engines.ts';
import { Espeak } from './espeak.ts';
import type { FairQueue, Priority, Task } from './fair-queue.ts';
import type { FromInference, Job, ToInference } from './protocol.ts';
import { sentences } from './sentences.ts';

/** Serves the jobs of one port, in the steps the queue allows. */
export class JobRunner {
  readonly #port: MessagePort;
  readonly #portIndex: number;
  readonly #engines: Engines;
  readonly #queue: FairQueue;
  readonly #running = new Map<number, AbortController>();
  /** Replies of language models run beside the queue, on threads of their own. */
  readonly #replies = new Set<Promise<boolean>>();

  constructor(port: MessagePort, portIndex: number, engines: Engines, queue: FairQueue) {
    this.#port = port;
    this.#portIndex = portIndex;
    this.#engines = engines;
    this.#queue = queue;
    port.on('message', (message: ToInference) => this.#take(message));
    // A media worker that is gone wants nothing any more.
    port.on('close', () => this.#cancelAll());
  }

  /** Cancels everything and waits for what cannot be broken off. */
  async close(): Promise<void> {
    this.#cancelAll();
    await Promise.allSettled(this.#replies);
    this.#port.close();
  }

  #cancelAll(): void {
    for (const abort of this.#running.values()) abort.abort();
  }

  #take(message: ToInference): void {
    if (message.type === 'cancel') {
      this.#running.get(message.id)?.abort();
      return;
    }
    const { id, owner, job } = message;
    const abort = new AbortController();
    this.#running.set(id, abort);
    if (job.kind === 'llm') {
      const reply = this.#guard(id, () => this.#reply(id, job, abort.signal)).finally(() =>
        this.#replies.delete(reply),
      );
      this.#replies.add(reply);
      return;
    }
    // Owners of different ports must not be taken for one another.
    this.#queue.add(this.#task(id, owner * 1000 + this.#portIndex, job, abort.signal));
  }

  #task(id: number, owner: number, job: Exclude<Job, { kind: 'llm' }>, signal: AbortSignal): Task {
    const advance = this.#advance(id, job, signal);
    return {
      owner,
      priority: priorityOf(job),
      step: async () => {
        const ended = await this.#guard(id, async () => {
          throwIfCancelled(signal);
          return await advance();
        });
        return ended ? null : 'later';
      },
    };
  }

  /** Makes a function that does the job's next step and says whether that was the last. */
  #advance(id: number, job: Exclude<Job, { kind: 'llm' }>, signal: AbortSignal): () => Promise<boolean> {
    if (job.kind !== 'tts') return () => this.#once(id, job, signal).then(() => true);
    const speech = this.#speak(id, job);
    return async () => (await speech.next()).done ?? false;
  }

  /** Runs a step; tells the client of its end or failure. @returns whether the job is over. */
  async #guard(id: number, run: () => Promise<boolean>): Promise<boolean> {
    try {
      const done = await run();
      if (done) this.#finish({ type: 'end', id });
      return done;
    } catch (error) {
      this.#finish({ type: 'error', id, problem: problemOf(error) });
      return true;
    }
  }

  async #once(id: number, job: Exclude<Job, { kind: 'llm' | 'tts' }>, signal: AbortSignal): Promise<void> {
    switch (job.kind) {
      case 'load':
        await this.#engines.load(job.model);
        break;
      case 'stt': {
        const engine = await this.#engines.stt(job.model);
        this.#post({ type: 'text', id, text: await engine.transcribe(job.pcm, job.sampleRate, signal) });
        break;
      }
      case 'judge': {
        const engine = await this.#engines.completeness(job.model);
        this.#post({ type: 'probability', id, value: await engine.judge(job.pcm, job.sampleRate) });
        break;
      }
      default:
        unreachable(job);
    }
  }

  /** A sentence a step. */
  async *#speak(id: number, job: Job & { kind: 'tts' }): AsyncGenerator<void, void, undefined> {
    const engine = await this.#engines.tts(job.model);
    const parts = sentences(job.text, job.language);
    for (const [index, sentence] of parts.entries()) {
      const { pcm, sampleRate } =
        engine instanceof Espeak
          ? engine.speak(sentence, job.language, job.speed)
          : await engine.speak(sentence, job.speed);
      this.#post({ type: 'audio', id, pcm, sampleRate });
      if (index < parts.length - 1) yield;
    }
  }

  async #reply(id: number, job: Job & { kind: 'llm' }, signal: AbortSignal): Promise<boolean> {
    const engine = await this.#engines.llm(job.model);
    const { temperature, maxTokens } = job;
    await engine.reply(job.messages, { temperature, maxTokens, signal }, (text) =>
      this.#post({ type: 'text', id, text }),
    );
    return true;
  }

  #finish(message: FromInference & { type: 'end' | 'error' }): void {
    this.#running.delete(message.id);
    this.#post(message);
  }

  #post(message: FromInference): void {
    this.#port.postMessage(message);
  }
}

/** A caller waits in silence for a transcript and for the first word of an answer. */
function priorityOf(job: Exclude<Job, { kind: 'llm' }>): Priority {
  switch (job.kind) {
    case 'stt':
      return 'urgent';
    case 'judge':
    case 'tts':
      return 'soon';
    case 'load':
      return 'later';
  }
}
