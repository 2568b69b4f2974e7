import { Worker } from 'node:worker_threads';
import { SidetoneError, explain, unreachable } from '../base/errors.ts';
import { Requests } from '../base/requests.ts';
import type { Scope } from '../base/scope.ts';
import type { LibraryJob, LibraryMessage, LibraryStart, LibraryWork } from './protocol.ts';
import type { TraceChange } from './shelf.ts';

export interface LibraryOptions {
  /** Folder of the traces. */
  readonly dir: string;
  /** Of this program. */
  readonly version: string;
  readonly scope: Scope;
  /** Traces are new, changed or gone, as far as the library had a hand in it. */
  readonly onChanged: (changes: readonly TraceChange[]) => void;
}

/**
 * The main thread's end of the library: the traces of one folder, read in a thread of its own, which starts with the
 * first question. When it crashes, as of a file that is too much for it, who waits is told, and the next question
 * starts a fresh one.
 */
export class Library {
  readonly #onChanged: (changes: readonly TraceChange[]) => void;
  readonly #version: string;
  readonly #requests = new Requests<unknown>();
  #dir: string;
  #worker: Worker | null = null;
  #exited: Promise<void> = Promise.resolve();
  #starts = 0;
  #lastError = '';
  #closed: Promise<void> | null = null;

  constructor({ dir, version, scope, onChanged }: LibraryOptions) {
    this.#dir = dir;
    this.#version = version;
    this.#onChanged = onChanged;
    scope.defer(() => this.close());
  }

  get dir(): string {
    return this.#dir;
  }

  /** From now on the traces of another folder. */
  async use(dir: string): Promise<void> {
    if (dir === this.#dir) return;
    this.#dir = dir;
    if (this.#worker) await this.ask('use', { dir });
  }

  /** @throws SidetoneError of the work's own, or 'internal' when the thread ended before it answered. */
  async ask<Job extends LibraryJob>(
    job: Job,
    asked: LibraryWork[Job]['asked'],
  ): Promise<LibraryWork[Job]['answer']> {
    if (this.#closed) throw new SidetoneError('cancelled', 'the library is closed');
    return this.#request(job, asked);
  }

  /** Lets work under way finish, deletes for good what was removed, ends the thread. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    if (!this.#worker) return;
    await this.#request('close', null).catch(() => undefined);
    await this.#exited;
  }

  async #request<Job extends LibraryJob>(
    job: Job,
    asked: LibraryWork[Job]['asked'],
  ): Promise<LibraryWork[Job]['answer']> {
    const worker = (this.#worker ??= this.#start());
    const answer = await this.#requests.send((id) => worker.postMessage({ id, job, asked }));
    // The protocol says what each job is answered with.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return answer as LibraryWork[Job]['answer'];
  }

  #start(): Worker {
    this.#starts += 1;
    const start: LibraryStart = { dir: this.#dir, version: this.#version, first: this.#starts === 1 };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: start,
      name: 'library',
    });
    worker.on('message', (message: LibraryMessage) => this.#receive(message));
    worker.on('error', (error) => (this.#lastError = explain(error)));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#exit(code);
        resolve();
      });
    });
    return worker;
  }

  #receive(message: LibraryMessage): void {
    switch (message.type) {
      case 'answer':
      case 'failure':
        this.#requests.settle(message);
        break;
      case 'changed':
        this.#onChanged(message.changes);
        break;
      default:
        unreachable(message);
    }
  }

  #exit(code: number): void {
    const reason = this.#lastError || `exit code ${code}`;
    this.#worker = null;
    this.#requests.fail(
      new SidetoneError('internal', `the thread that reads traces ended: ${reason}`, {
        hint: 'calls are not affected; try again, and if it happens with the same trace, move that one away',
      }),
    );
  }
}
