import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { SidetoneError, problemOf } from '../base/errors.ts';
import { tellLastWords } from '../base/last-words.ts';
import type { SipStart, SipThreadMessage } from '../contract/sip.ts';
import { type Asked, SipEngine } from './engine.ts';

/** A job on its way to the SIP thread; answered with its id. */
export type SipRequest = Asked & { readonly id: number };

/** Entry of the SIP thread: jobs in, answers and news out. All work is the engine's. */
function main(port: MessagePort, start: SipStart): void {
  const post = (message: SipThreadMessage): void => port.postMessage(message);
  tellLastWords('sip');
  const engine = new SipEngine({ ...start, post });
  // Some of what sip.js awaits fails where nobody can catch it. One bad message must not end all other calls.
  process.on('unhandledRejection', (error) => engine.survive(error));

  const serve = async (request: SipRequest): Promise<void> => {
    const { id } = request;
    try {
      post({ type: 'answer', id, answer: await engine.carryOut(request) });
    } catch (error) {
      post({ type: 'failure', id, problem: problemOf(error) });
    }
    if (request.job === 'close') port.close();
  };
  port.on('message', (request: SipRequest) => void serve(request));
}

if (!parentPort) throw new SidetoneError('internal', 'worker.ts runs as a worker thread');
main(parentPort, workerData);
