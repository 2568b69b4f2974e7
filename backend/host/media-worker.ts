import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { SidetoneError, problemOf } from '../base/errors.ts';
import { tellLastWords } from '../base/last-words.ts';
import type { MicrophoneFrame, WorkerRequest, WorkerStart } from '../contract/host.ts';
import { raiseThreadPriority } from '../rtp/pacer.ts';
import { MediaEngine, type Post } from './media-engine.ts';

/** Entry of a media worker thread: commands in, answers and events out. All work is the engine's. */
function main(port: MessagePort, start: WorkerStart): void {
  const post: Post = (message, transfer) => port.postMessage(message, transfer);
  tellLastWords('media');
  raiseThreadPriority();
  const engine = new MediaEngine(start, post);

  const serve = async ({ id, command }: WorkerRequest): Promise<void> => {
    try {
      const answer = await engine.carryOut(command);
      post({ type: 'answer', id, answer });
    } catch (error) {
      post({ type: 'failure', id, problem: problemOf(error) });
    }
    if (command.type === 'close') port.close();
  };
  port.on('message', (message: WorkerRequest | MicrophoneFrame) => {
    if ('command' in message) void serve(message);
    else engine.microphone(message.pcm);
  });
}

if (!parentPort) throw new SidetoneError('internal', 'media-worker.ts runs as a worker thread');
main(parentPort, workerData);
