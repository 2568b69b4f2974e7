import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
// Held by this thread too: once the last thread that had loaded the runtime ends, the process cannot load it again.
import 'onnxruntime-node';
import { explain } from '../../base/errors.ts';
import type { Scope } from '../../base/scope.ts';
import type { InferenceCommand } from './protocol.ts';

/** A thread that ends sooner than this cannot start here; another would not either. */
const MIN_LIFE_MS = 1000;

/** The host's end of the inference worker. A thread that crashes is replaced by a fresh one. */
export class InferenceWorker {
  readonly #modelsDir: string;
  readonly #onReplaced: () => void;
  #worker: Worker;
  #exited: Promise<void>;
  #closing = false;
  #gone = false;

  /** `onReplaced`: every port given out is dead; connect() gives new ones. */
  constructor(scope: Scope, modelsDir: string, onReplaced: () => void) {
    this.#modelsDir = modelsDir;
    this.#onReplaced = onReplaced;
    ({ worker: this.#worker, exited: this.#exited } = this.#start());
    scope.defer(() => this.close());
  }

  /** A port for one media worker's InferenceClient: to be transferred there. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    // Nobody would ever close a port sent to a thread that is gone, and its client would wait for ever.
    if (this.#gone) port2.close();
    else this.#post({ type: 'connect' }, port2);
    return port1;
  }

  /** Lets running inference finish, then ends the thread. */
  async close(): Promise<void> {
    if (!this.#closing) this.#post({ type: 'close' });
    this.#closing = true;
    await this.#exited;
  }

  #start(): { worker: Worker; exited: Promise<void> } {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: this.#modelsDir,
      name: 'inference',
    });
    // A crash closes the ports, which tells every client; without a listener it would end the process.
    worker.on('error', (error) => process.emitWarning(`the inference worker ended: ${explain(error)}`));
    const startedAt = performance.now();
    const exited = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        resolve();
        this.#gone = this.#closing || performance.now() - startedAt < MIN_LIFE_MS;
        if (this.#gone) return;
        ({ worker: this.#worker, exited: this.#exited } = this.#start());
        this.#onReplaced();
      });
    });
    return { worker, exited };
  }

  #post(command: InferenceCommand, port?: MessagePort): void {
    this.#worker.postMessage({ ...command, port }, port ? [port] : []);
  }
}
