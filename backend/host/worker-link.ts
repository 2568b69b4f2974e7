import { Worker, type MessagePort } from 'node:worker_threads';
import type { Scope } from '../base/scope.ts';
import { SidetoneError, errorOf, explain, unreachable } from '../base/errors.ts';
import type { CallEvent } from '../contract/events.ts';
import type {
  CallAudio,
  MicrophoneFrame,
  WorkerAnswer,
  WorkerCommand,
  WorkerMessage,
  WorkerRequest,
  WorkerStart,
} from '../contract/host.ts';

interface Pending {
  resolve(answer: WorkerAnswer): void;
  reject(error: SidetoneError): void;
}

export interface WorkerLinkEvents {
  onEvents(link: WorkerLink, events: readonly CallEvent[]): void;
  onSignals(batch: Uint8Array): void;
  onAudio(audio: CallAudio): void;
  /** The worker is gone although nobody closed it. */
  onCrash(link: WorkerLink, reason: string): void;
}

/** The host's end of one media worker: commands out, answers and events back, and what its end means. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #events: WorkerLinkEvents;
  readonly #pending = new Map<number, Pending>();
  readonly #exited = Promise.withResolvers<void>();
  #nextId = 1;
  #closing = false;
  #lastError = '';

  constructor(start: WorkerStart, scope: Scope, events: WorkerLinkEvents) {
    this.#events = events;
    const transfer: MessagePort[] = [start.inference];
    this.#worker = new Worker(new URL('./media-worker.ts', import.meta.url), {
      workerData: start,
      transferList: transfer,
      name: 'media',
    });
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message));
    this.#worker.on('error', (error) => (this.#lastError = explain(error)));
    this.#worker.on('exit', (code) => this.#exit(code));
    scope.defer(() => this.close());
  }

  /** @throws SidetoneError of the worker's own, or 'internal' when it ended before it answered. */
  request(command: WorkerCommand, transfer: readonly MessagePort[] = []): Promise<WorkerAnswer> {
    const id = this.#nextId;
    this.#nextId += 1;
    const answer = Promise.withResolvers<WorkerAnswer>();
    this.#pending.set(id, answer);
    const request: WorkerRequest = { id, command };
    this.#worker.postMessage(request, transfer);
    return answer.promise;
  }

  /** Not answered. Copies the samples. */
  microphone(pcm: Int16Array): void {
    const frame: MicrophoneFrame = { type: 'microphone', pcm };
    this.#worker.postMessage(frame);
  }

  /** Ends its calls with complete records, lets running inference finish, and waits until the thread is gone. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      void this.request({ type: 'close' }).catch(() => undefined);
    }
    await this.#exited.promise;
  }

  #receive(message: WorkerMessage): void {
    switch (message.type) {
      case 'answer':
        this.#take(message.id)?.resolve(message.answer);
        break;
      case 'failure':
        this.#take(message.id)?.reject(errorOf(message.problem));
        break;
      case 'events':
        this.#events.onEvents(this, message.events);
        break;
      case 'signals':
        this.#events.onSignals(message.batch);
        break;
      case 'audio':
        this.#events.onAudio(message.audio);
        break;
      default:
        unreachable(message);
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #exit(code: number): void {
    const reason = this.#lastError || `exit code ${code}`;
    for (const pending of this.#pending.values()) {
      pending.reject(new SidetoneError('internal', `the media worker ended: ${reason}`));
    }
    this.#pending.clear();
    this.#exited.resolve();
    if (!this.#closing) this.#events.onCrash(this, reason);
  }
}
