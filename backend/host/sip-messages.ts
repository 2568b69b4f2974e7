import type { SipMessageView } from '../contract/sip.ts';

const MAX_MESSAGES = 500;
const MAX_ENDED = 100;

/** The SIP messages of calls going on and of the latest that ended; of each the first that fit. */
export class SipMessages {
  readonly #byCall = new Map<string, SipMessageView[]>();
  /** In the order of their ends. */
  readonly #ended = new Set<string>();

  add(message: SipMessageView): void {
    if (message.call === null) return;
    let messages = this.#byCall.get(message.call);
    if (!messages) {
      messages = [];
      this.#byCall.set(message.call, messages);
      // Until it is known to go on, it may be one that nobody will ever say more of.
      this.ended(message.call);
    }
    if (messages.length < MAX_MESSAGES) messages.push(message);
  }

  of(call: string): readonly SipMessageView[] {
    return this.#byCall.get(call) ?? [];
  }

  goesOn(call: string): void {
    this.#ended.delete(call);
  }

  ended(call: string): void {
    this.#ended.add(call);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= MAX_ENDED) break;
      this.#ended.delete(oldest);
      this.#byCall.delete(oldest);
    }
  }
}
