import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { Scope } from '../../base/scope.ts';
import type { InferenceCommand } from './protocol.ts';

/** The host's end of the inference worker. */
export interface InferenceWorker {
  /** A port for one media worker's InferenceClient: to be transferred there. */
  connect(): MessagePort;
  /** Lets running inference finish, then ends the thread. */
  close(): Promise<void>;
}

export function startInferenceWorker(scope: Scope, modelsDir: string): InferenceWorker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: modelsDir,
    name: 'inference',
  });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  // A crash closes the ports, which tells every client; without a listener it would end the process.
  worker.on('error', () => undefined);
  const post = (command: InferenceCommand, port?: MessagePort): void =>
    worker.postMessage({ ...command, port }, port ? [port] : []);
  const inference: InferenceWorker = {
    connect() {
      const { port1, port2 } = new MessageChannel();
      post({ type: 'connect' }, port2);
      return port1;
    },
    close() {
      post({ type: 'close' });
      return exited;
    },
  };
  scope.defer(() => inference.close());
  return inference;
}
