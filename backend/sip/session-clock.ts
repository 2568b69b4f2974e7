import type { IncomingResponseMessage } from 'sip.js/lib/core/index.js';
import type { Scope } from '../base/scope.ts';
import { accepted } from './ask.ts';
import { readTimerHeaders, type Timed, timerDue, timerOfAnswer, timerRefresh } from './session-timer.ts';

/** Before a refresh that was refused for now is tried again. */
const AGAIN_MS = 10_000;

/** How a request that changes or refreshes a call went: the response that refuses it, or no chance to send it. */
export type Outcome = IncomingResponseMessage | 'collision' | 'agreed';

export interface SessionMeans {
  /** Closes with the dialog. */
  readonly scope: Scope;
  /** UPDATE without a session description. */
  update(headers: readonly string[]): Promise<IncomingResponseMessage>;
  /** re-INVITE with the description of before. */
  invite(): Promise<Outcome>;
  /** One after the other with all other changes of the dialog. */
  inTurn<T>(change: () => Promise<T>): Promise<T>;
  background(work: Promise<unknown>): void;
  /** A response that ends the dialog whatever was asked ends it now. */
  noticeLoss(answer: IncomingResponseMessage): void;
  giveUp(reason: string): void;
}

/** The session timer of one dialog while it runs (RFC 4028): refreshes in time, or gives the call up. */
export class SessionClock {
  readonly #means: SessionMeans;
  #timed: Timed | null;
  #minSeS: number;
  /** The far end takes UPDATE. */
  #updates: boolean;
  #disarm: () => void = () => undefined;

  constructor(means: SessionMeans, start: { timed: Timed | null; minSeS: number; updates: boolean }) {
    this.#means = means;
    this.#timed = start.timed;
    this.#minSeS = start.minSeS;
    this.#updates = start.updates;
    this.#arm();
  }

  get timed(): Timed | null {
    return this.#timed;
  }

  /** Of a re-INVITE or UPDATE of ours. */
  get headers(): readonly string[] {
    return timerRefresh(this.#timed, this.#minSeS);
  }

  /** A request of ours was agreed to. */
  agreed(answer: IncomingResponseMessage): void {
    this.#timed = timerOfAnswer(readTimerHeaders(answer), this.#timed?.intervalS ?? null);
    this.#arm();
  }

  /** A request of theirs was. */
  renew(timed: Timed | null): void {
    this.#timed = timed;
    this.#arm();
  }

  /** 422: somebody on the way wants longer sessions. */
  tooShort(answer: IncomingResponseMessage): void {
    this.#minSeS = Math.max(this.#minSeS, readTimerHeaders(answer).minSeS);
  }

  knowsUpdate(known: boolean): void {
    this.#updates ||= known;
  }

  #arm(): void {
    this.#disarm();
    const timed = this.#timed;
    if (!timed || this.#means.scope.closed) return;
    const { act, afterMs } = timerDue(timed);
    this.#disarm = this.#means.scope.after(afterMs, () => {
      // Refreshed at half time: as much is left again.
      if (act === 'refresh') this.#means.background(this.#refresh(afterMs));
      else this.#means.giveUp('the far end no longer confirmed that it is there (session timer)');
    });
  }

  /** `leftMs`: until the session is over for who does not refresh it. */
  async #refresh(leftMs: number): Promise<void> {
    const means = this.#means;
    const { scope } = means;
    const answer = await means.inTurn(() => (this.#updates ? this.#byUpdate() : this.#byInvite()));
    if (scope.closed || answer === 'agreed') return;
    if (answer !== 'collision') means.noticeLoss(answer);
    if (scope.closed) return;
    if (leftMs <= AGAIN_MS)
      return means.giveUp('the far end did not confirm that it is there (session timer)');
    const wait = answer !== 'collision' && answer.statusCode === 422 ? 0 : AGAIN_MS;
    this.#disarm = scope.after(wait, () => means.background(this.#refresh(leftMs - AGAIN_MS)));
  }

  async #byUpdate(): Promise<Outcome> {
    const answer = await this.#means.update(this.headers);
    if (accepted(answer)) {
      this.agreed(answer);
      return 'agreed';
    }
    if (answer.statusCode === 422) this.tooShort(answer);
    if (answer.statusCode !== 405 && answer.statusCode !== 501) return answer;
    this.#updates = false;
    return this.#byInvite();
  }

  async #byInvite(): Promise<Outcome> {
    const answer = await this.#means.invite();
    if (answer !== 'agreed' && answer !== 'collision' && answer.statusCode === 422) this.tooShort(answer);
    return answer;
  }
}
