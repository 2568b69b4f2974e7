import type { IncomingRequest } from 'sip.js/lib/core/index.js';
import { ask } from './ask.ts';
import type { CallDialog } from './call-dialog.ts';
import { statusWords } from './ending.ts';
import type { TransferView } from './handover.ts';
import { describe } from './offered-call.ts';
import { DialledCall } from './dialled-call.ts';
import { type Referral, sipFragment } from './transfer.ts';

export interface ReferredEvents {
  show(view: TransferView): void;
  /** Somebody is on the new dialog: it takes the place of the one that the REFER came on. */
  answered(dialog: CallDialog, remote: string): void;
  failed(reason: string): void;
  /** Call-ID of the new INVITE. */
  bind(callId: string): void;
}

/** The far end has us call somebody else (REFER that came in): the new INVITE, and the NOTIFYs about it. */
export class ReferredCall {
  readonly #old: CallDialog;
  readonly #referral: Referral;
  readonly #events: ReferredEvents;
  readonly #event: string;
  #dialled: DialledCall | null = null;
  #over = false;
  #told: Promise<void> = Promise.resolve();

  /** `id`: CSeq of the REFER where there were others before it (RFC 3515, section 2.4.6). */
  constructor(
    old: CallDialog,
    request: IncomingRequest,
    referral: Referral,
    id: number | null,
    events: ReferredEvents,
  ) {
    this.#old = old;
    this.#referral = referral;
    this.#events = events;
    this.#event = id === null ? 'refer' : `refer;id=${id}`;
    request.accept({
      statusCode: 202,
      extraHeaders: [`Contact: ${old.agent.contact()}`, ...(referral.quiet ? ['Refer-Sub: false'] : [])],
    });
    this.#show('trying', 'the far end has us call');
    this.#notify(100, 'Trying', false);
    old.agent.background(this.#dial());
  }

  get going(): boolean {
    return !this.#over;
  }

  /** The call has ended on our side. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#dialled?.cancel();
    this.#notify(487, 'Request Terminated', true);
  }

  async #dial(): Promise<void> {
    const { agent, local } = this.#old;
    const { target, replaces, referredBy } = this.#referral;
    try {
      const address = await agent.addressTowards(target);
      if (this.#over) return;
      const callId = agent.newCallId();
      this.#events.bind(callId);
      this.#dialled = new DialledCall(
        {
          agent,
          from: this.#old.dialog.localURI,
          target,
          description: describe(agent),
          local: { address, port: local.port },
          headers: [
            ...(replaces === null ? [] : [`Replaces: ${replaces}`]),
            ...(referredBy === null ? [] : [`Referred-By: ${referredBy}`]),
          ],
          callId,
        },
        {
          ringing: () => this.#notify(180, 'Ringing', false),
          // Who transfers hears nothing of it, and we still talk with them.
          early: () => undefined,
          answered: (dialog) => this.#answered(dialog),
          failed: (_by, code, reason) => this.#failed(code, reason),
        },
      );
    } catch (error) {
      this.#failed(503, 'it cannot be reached');
      throw error;
    }
  }

  #answered(dialog: CallDialog): void {
    this.#over = true;
    this.#notify(200, 'OK', true);
    this.#show('done', 'the call was taken');
    this.#events.answered(dialog, this.#referral.target.toString());
  }

  #failed(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#notify(code, statusWords(code, ''), true);
    this.#show('failed', reason);
    this.#events.failed(reason);
  }

  #show(state: TransferView['state'], message: string): void {
    this.#events.show({ target: this.#referral.target.toString(), state, message });
  }

  #notify(code: number, phrase: string, last: boolean): void {
    const { agent, dialog } = this.#old;
    if (this.#referral.quiet || this.#old.over) return;
    // One after the other: they are about an order of things.
    const before = this.#told;
    const tell = async (): Promise<void> => {
      await before;
      if (this.#old.over) return;
      await ask(
        dialog,
        'NOTIFY',
        [
          `Contact: ${agent.contact()}`,
          `Event: ${this.#event}`,
          `Subscription-State: ${last ? 'terminated;reason=noresource' : 'active;expires=180'}`,
        ],
        {
          contentDisposition: 'render',
          contentType: 'message/sipfrag;version=2.0',
          content: sipFragment(code, phrase),
        },
      );
    };
    this.#told = tell();
    agent.background(this.#told);
  }
}
