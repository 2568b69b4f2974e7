import type { IncomingResponseMessage, SessionDialog } from 'sip.js/lib/core/index.js';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import { sdpIn } from './bodies.ts';
import { reasonOf, retryAfterMs } from './ending.ts';
import type { Outcome } from './session-clock.ts';
import { sdpBody } from './sip-js.ts';

/** A re-INVITE without a final response is cancelled (64 * T1, RFC 3261 section 17.1.1.2). */
const GIVE_UP_MS = 32_000;
const MOST_ATTEMPTS = 6;
const LONGEST_RETRY_MS = 10_000;

export interface ReInviteMeans {
  readonly dialog: SessionDialog;
  /** Closes with the dialog. */
  readonly scope: Scope;
  /** The Call-ID is ours. */
  readonly caller: boolean;
  /** In [0, 1). */
  random(): number;
  headers(): string[];
  offer(): string;
  /** Takes the answer; null: it agrees, otherwise why it cannot (value of a Warning), and what was before holds. */
  take(answer: string | null): string | null;
  rollback(): void;
  agreed(response: IncomingResponseMessage): void;
  /** 422 */
  tooShort(response: IncomingResponseMessage): void;
  noticeLoss(response: IncomingResponseMessage): void;
}

/** Changes of ours to a confirmed dialog (RFC 3261, section 14). */
export class ReInvite {
  readonly #means: ReInviteMeans;
  #going = false;

  constructor(means: ReInviteMeans) {
    this.#means = means;
  }

  /** An offer of ours is on its way. */
  get going(): boolean {
    return this.#going;
  }

  /** Until it is agreed to, again after a collision. `what`: "to be held". @throws SidetoneError when it is refused */
  async insist(what: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#means.scope.closed) throw new SidetoneError('usage', 'the call is over');
      const outcome = await this.once();
      if (outcome === 'agreed') return;
      const again = this.#againAfterMs(outcome, attempt);
      if (again === null) {
        if (outcome !== 'collision') this.#means.noticeLoss(outcome);
        const why = outcome === 'collision' ? 'it keeps changing the call itself' : reasonOf(outcome);
        throw new SidetoneError('refused', `the far end did not agree ${what}: ${why}`);
      }
      await this.#pause(again);
    }
  }

  once(): Promise<Outcome> {
    const { dialog, scope } = this.#means;
    if (dialog.reinviteUserAgentClient || dialog.reinviteUserAgentServer) return Promise.resolve('collision');
    const offer = this.#means.offer();
    this.#going = true;
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        cancelWait();
        forget();
        this.#going = false;
        resolve(outcome);
      };
      const refused = ({ message }: { readonly message: IncomingResponseMessage }): void => {
        this.#means.rollback();
        settle(message);
      };
      const request = dialog.invite(
        {
          onAccept: (response) => {
            response.ack();
            const { message } = response;
            const warning = this.#means.take(sdpIn(message));
            if (warning !== null) return settle(unusable(message, warning));
            this.#means.agreed(message);
            settle('agreed');
          },
          onRedirect: refused,
          onReject: refused,
        },
        { extraHeaders: this.#means.headers(), body: sdpBody(offer) },
      );
      const cancelWait = scope.after(GIVE_UP_MS, () => request.cancel());
      // Hung up meanwhile: whoever waits must not wait for ever.
      const forget = scope.defer(() => {
        this.#going = false;
        resolve('agreed');
      });
    });
  }

  #againAfterMs(outcome: Exclude<Outcome, 'agreed'>, attempt: number): number | null {
    if (attempt >= MOST_ATTEMPTS) return null;
    if (outcome !== 'collision') {
      if (outcome.statusCode === 422) {
        this.#means.tooShort(outcome);
        return attempt < 3 ? 0 : null;
      }
      if (outcome.statusCode === 500) {
        const wait = retryAfterMs(outcome);
        return wait !== null && wait <= LONGEST_RETRY_MS ? wait : null;
      }
      if (outcome.statusCode !== 491) return null;
    }
    // Whose Call-ID it is waits longer, so that the two do not collide again (section 14.1).
    const draw = this.#means.random();
    return this.#means.caller ? 2100 + Math.floor(draw * 190) * 10 : Math.floor(draw * 200) * 10;
  }

  #pause(ms: number): Promise<void> {
    const { scope } = this.#means;
    return new Promise((resolve) => {
      const forget = scope.defer(resolve);
      scope.after(ms, () => {
        forget();
        resolve();
      });
    });
  }
}

/** A 2xx whose answer we cannot take, as the refusal that it comes down to. */
function unusable(message: IncomingResponseMessage, warning: string): IncomingResponseMessage {
  message.statusCode = 488;
  message.setHeader('warning', warning);
  return message;
}
