import { Worker } from 'node:worker_threads';
import { SidetoneError, explain } from '../base/errors.ts';
import { Requests } from '../base/requests.ts';
import { Scope } from '../base/scope.ts';
import type { SipJob, SipStart, SipThreadMessage, SipWork } from '../contract/sip.ts';

/** What the thread says by itself. */
export type SipNews = Exclude<SipThreadMessage, { readonly type: 'answer' | 'failure' }>;

export interface SipLinkEvents {
  onNews(news: SipNews): void;
  /** The thread is gone although nobody closed it; the next question starts a fresh one, which knows nothing. */
  onCrash(reason: string): void;
}

/** Whoever speaks SIP: a thread, or what stands in for it. */
export interface SipThread {
  /** @throws SidetoneError of the work's own, or 'internal' when the thread ended before it answered. */
  ask<Job extends SipJob>(job: Job, asked: SipWork[Job]['asked']): Promise<SipWork[Job]['answer']>;
  close(): Promise<void>;
}

/** How long goodbyes may take: a far end that does not answer is not waited for. */
const GOODBYE_MS = 4000;

/** The main thread's end of the thread that speaks SIP, which starts with the first question. */
export class SipLink implements SipThread {
  readonly #start: SipStart;
  readonly #events: SipLinkEvents;
  readonly #requests = new Requests<unknown>();
  #worker: Worker | null = null;
  #exited: Promise<void> = Promise.resolve();
  #lastError = '';
  #closed: Promise<void> | null = null;

  constructor(start: SipStart, scope: Scope, events: SipLinkEvents) {
    this.#start = start;
    this.#events = events;
    scope.defer(() => this.close());
  }

  async ask<Job extends SipJob>(job: Job, asked: SipWork[Job]['asked']): Promise<SipWork[Job]['answer']> {
    if (this.#closed) throw new SidetoneError('cancelled', 'Sidetone is closing');
    return this.#request(job, asked);
  }

  /** Ends all calls and registrations with a goodbye, then the thread. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    await using patience = new Scope();
    const goodbye = this.#request('close', null).catch(() => undefined);
    await Promise.race([
      Promise.all([goodbye, this.#exited]),
      new Promise<void>((resolve) => void patience.after(GOODBYE_MS, resolve)),
    ]);
    await worker.terminate();
  }

  async #request<Job extends SipJob>(
    job: Job,
    asked: SipWork[Job]['asked'],
  ): Promise<SipWork[Job]['answer']> {
    const worker = (this.#worker ??= this.#startThread());
    const answer = await this.#requests.send((id) => worker.postMessage({ id, job, asked }));
    // The protocol says what each job is answered with.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return answer as SipWork[Job]['answer'];
  }

  #startThread(): Worker {
    this.#lastError = '';
    const worker = new Worker(new URL('../sip/worker.ts', import.meta.url), {
      workerData: this.#start,
      name: 'sip',
    });
    worker.on('message', (message: SipThreadMessage) => {
      if (message.type === 'answer' || message.type === 'failure') this.#requests.settle(message);
      else this.#events.onNews(message);
    });
    worker.on('error', (error) => (this.#lastError = explain(error)));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#exit(code);
        resolve();
      });
    });
    return worker;
  }

  #exit(code: number): void {
    const reason = this.#lastError || `exit code ${code}`;
    this.#worker = null;
    this.#requests.fail(new SidetoneError('internal', `the thread that speaks SIP ended: ${reason}`));
    if (!this.#closed) this.#events.onCrash(reason);
  }
}
