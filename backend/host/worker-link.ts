import { Worker, type MessagePort } from 'node:worker_threads';
import { SidetoneError, explain, unreachable } from '../base/errors.ts';
import { Requests } from '../base/requests.ts';
import type { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import type {
  CallAudio,
  LineWish,
  MicrophoneFrame,
  WorkerAnswer,
  WorkerCommand,
  WorkerMessage,
  WorkerRequest,
  WorkerStart,
} from '../contract/host.ts';

export interface WorkerLinkEvents {
  onEvents(link: WorkerLink, events: readonly CallEvent[]): void;
  onSignals(batch: Uint8Array): void;
  onAudio(audio: CallAudio): void;
  /** A call's party needs something of signalling. */
  onWish(call: string, wish: LineWish): void;
  /** The worker is gone although nobody closed it. */
  onCrash(link: WorkerLink, reason: string): void;
}

/** The host's end of one media worker: commands out, answers and events back, and what its end means. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #events: WorkerLinkEvents;
  readonly #requests = new Requests<WorkerAnswer>();
  readonly #exited = Promise.withResolvers<void>();
  #closing = false;
  /** Why the worker has ended; null: it runs. */
  #gone: string | null = null;
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
    if (this.#gone !== null) return Promise.reject(workerEnded(this.#gone));
    return this.#requests.send((id) => {
      const request: WorkerRequest = { id, command };
      this.#worker.postMessage(request, transfer);
    });
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
      case 'failure':
        this.#requests.settle(message);
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
      case 'wish':
        this.#events.onWish(message.call, message.wish);
        break;
      default:
        unreachable(message);
    }
  }

  #exit(code: number): void {
    const reason = this.#lastError || `exit code ${code}`;
    this.#gone = reason;
    this.#requests.fail(workerEnded(reason));
    this.#exited.resolve();
    if (!this.#closing) this.#events.onCrash(this, reason);
  }
}

function workerEnded(reason: string): SidetoneError {
  return new SidetoneError('internal', `the media worker ended: ${reason}`);
}
