import type { Scope } from '../base/scope.ts';
import type { SipMessageView } from '../contract/sip.ts';
import { masked } from './mask.ts';
import type { WireMessage } from './transport/layer.ts';

/** A burst waits so long for its call to be known; also what keeps the number of posts down. */
const GATHER_MS = 10;
/** Late repetitions still belong to their call (64 * T1). */
const REMEMBERED_MS = 40_000;
/** Beside these, what goes over the wire counts as nobody's. */
const MOST_CALL_IDS = 20_000;
const MOST_WAITING = 2_000;

/** The SIP messages of all accounts in the order of the wire, each with the call it belongs to, credentials masked. */
export class Ladder {
  /** By account and Call-ID: of a call between two of our own accounts either end is a call of its own. */
  readonly #calls = new Map<string, string>();
  readonly #scope: Scope;
  readonly #post: (message: SipMessageView) => void;
  #waiting: { readonly account: string; readonly message: WireMessage }[] = [];
  #due: (() => void) | null = null;

  constructor(scope: Scope, post: (message: SipMessageView) => void) {
    this.#scope = scope;
    this.#post = post;
  }

  /** Messages with this Call-ID belong to `call`, also those that came just before this was known. */
  assign(account: string, callId: string, call: string): void {
    const key = keyOf(account, callId);
    this.#calls.delete(key);
    this.#calls.set(key, call);
    if (this.#calls.size <= MOST_CALL_IDS) return;
    const [oldest] = this.#calls.keys();
    if (oldest !== undefined) this.#calls.delete(oldest);
  }

  release(account: string, callId: string): void {
    const key = keyOf(account, callId);
    const call = this.#calls.get(key);
    this.#scope.after(REMEMBERED_MS, () => {
      if (this.#calls.get(key) === call) this.#calls.delete(key);
    });
  }

  take(account: string, message: WireMessage): void {
    this.#waiting.push({ account, message });
    if (this.#waiting.length >= MOST_WAITING) return this.flush();
    this.#due ??= this.#scope.after(GATHER_MS, () => this.flush());
  }

  /** Posts what has gathered: before anything is told of a call that it may explain. */
  flush(): void {
    this.#due?.();
    this.#due = null;
    const batch = this.#waiting;
    this.#waiting = [];
    for (const { account, message } of batch) {
      const { direction, transport, local, remote, at, repeated, text } = message;
      const call = this.#calls.get(keyOf(account, callIdOf(text))) ?? null;
      this.#post({ call, account, direction, transport, local, remote, at, repeated, text: masked(text) });
    }
  }
}

function keyOf(account: string, callId: string): string {
  return `${account} ${callId}`;
}

/** '' where there is none. */
export function callIdOf(text: string): string {
  return /^(?:call-id|i)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*$/im.exec(text.slice(0, 16_000))?.[1] ?? '';
}
