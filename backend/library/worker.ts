import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { SidetoneError, problemOf } from '../base/errors.ts';
import { tellLastWords } from '../base/last-words.ts';
import { Librarian } from './librarian.ts';
import type { LibraryJob, LibraryMessage, LibraryRequest, LibraryStart, LibraryWork } from './protocol.ts';

/** Entry of the library's thread: requests in, answers and changes out. All work is the librarian's. */
function main(port: MessagePort, start: LibraryStart): void {
  const post = (message: LibraryMessage, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  tellLastWords('library');
  const librarian = new Librarian(start, (changes) => post({ type: 'changed', changes }));

  const serve = async (request: LibraryRequest): Promise<void> => {
    const { id, job } = request;
    try {
      const answer = await librarian.carryOut(request);
      post({ type: 'answer', id, answer }, buffersOf(answer));
    } catch (error) {
      post({ type: 'failure', id, problem: problemOf(error) });
    }
    if (job === 'close') port.close();
  };
  port.on('message', (request: LibraryRequest) => void serve(request));
}

/** What of an answer is large and needs no copy. */
function buffersOf(answer: LibraryWork[LibraryJob]['answer']): readonly ArrayBuffer[] {
  if (answer === null || typeof answer !== 'object' || !('signals' in answer)) return [];
  const { signals, levels } = answer;
  return [...signals, ...(levels ? [levels.values] : [])]
    .map(({ buffer }) => buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer);
}

if (!parentPort) throw new SidetoneError('internal', 'worker.ts runs as a worker thread');
main(parentPort, workerData);
