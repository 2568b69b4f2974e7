import type { Scope } from '../backend/base/scope.ts';
import type { AccountView, LineView, SipMessageView } from '../backend/contract/sip.ts';
import type { PastCall } from '../backend/contract/window.ts';
import type { Send } from './outbox.ts';

const EVERY_MS = 33;
/** Kept for one batch; the window can ask for all messages of a call. */
const MAX_MESSAGES = 2000;

export interface PhoneOutboxOptions {
  readonly scope: Scope;
  readonly send: Send;
  readonly accounts: () => readonly AccountView[];
  /** What is wrong in accounts.yaml; null: nothing. */
  readonly problem: () => string | null;
  readonly history: () => readonly PastCall[];
}

/** What the phone has to tell the window, 30 times a second at most: of each line only how it is now. */
export class PhoneOutbox {
  readonly #options: PhoneOutboxOptions;
  readonly #lines = new Map<string, LineView>();
  #messages: SipMessageView[] = [];
  #accountsChanged = false;
  #historyChanged = false;
  #open = false;
  #scheduled = false;

  constructor(options: PhoneOutboxOptions) {
    this.#options = options;
  }

  /** A fresh window, whose snapshot has all there is. */
  open(): void {
    this.#open = true;
    this.#clear();
  }

  /** The window is gone. */
  close(): void {
    this.#open = false;
    this.#clear();
  }

  line(line: LineView): void {
    if (!this.#open) return;
    this.#lines.set(line.call, line);
    this.#schedule();
  }

  /** An account stands otherwise, or the accounts are others. */
  accounts(): void {
    this.#accountsChanged = true;
    this.#schedule();
  }

  history(): void {
    this.#historyChanged = true;
    this.#schedule();
  }

  message(message: SipMessageView): void {
    if (!this.#open) return;
    this.#messages.push(message);
    if (this.#messages.length > MAX_MESSAGES) this.#messages.shift();
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#open || this.#scheduled) return;
    this.#scheduled = true;
    this.#options.scope.after(EVERY_MS, () => {
      this.#scheduled = false;
      if (this.#open) this.#flush();
    });
  }

  #flush(): void {
    const { send, accounts, problem, history } = this.#options;
    if (this.#lines.size > 0 || this.#accountsChanged || this.#historyChanged) {
      send('phone.changed', {
        ...(this.#accountsChanged ? { accounts: accounts(), problem: problem() } : {}),
        ...(this.#lines.size > 0 ? { lines: [...this.#lines.values()] } : {}),
        ...(this.#historyChanged ? { history: history() } : {}),
      });
    }
    if (this.#messages.length > 0) send('phone.messages', this.#messages);
    this.#clear();
  }

  #clear(): void {
    this.#lines.clear();
    this.#messages = [];
    this.#accountsChanged = false;
    this.#historyChanged = false;
  }
}
