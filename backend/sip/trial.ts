import { Scope } from '../base/scope.ts';
import type { Account, AccountView, SipThreadMessage } from '../contract/sip.ts';
import { SipEngine } from './engine.ts';
import type { Means } from './ping.ts';

/** An engine of one's own for a check: it uses accounts as the real one does, and leaves nothing behind. */
export class Trial implements AsyncDisposable {
  readonly engine: SipEngine;
  readonly #scope = new Scope();
  readonly #watchers = new Set<(message: SipThreadMessage) => void>();

  constructor(means: Means) {
    this.engine = new SipEngine({
      ...means,
      random: () => means.random(),
      post: (message) => {
        for (const watch of this.#watchers) watch(message);
      },
    });
  }

  /** The first message from now on that `pick` makes something of; null: none came in time. */
  until<T>(withinMs: number, pick: (message: SipThreadMessage) => T | null): Promise<T | null> {
    const { promise, resolve } = Promise.withResolvers<T | null>();
    const watch = (message: SipThreadMessage) => {
      const picked = pick(message);
      if (picked !== null) settle(picked);
    };
    const settle = (value: T | null) => {
      this.#watchers.delete(watch);
      cancel();
      resolve(value);
    };
    const cancel = this.#scope.after(withinMs, () => settle(null));
    this.#watchers.add(watch);
    return promise;
  }

  /** Brings accounts up; what came of the one by that name: registered, ready or failed. null: nothing in time. */
  async bringUp(accounts: readonly Account[], name: string, withinMs: number): Promise<AccountView | null> {
    const settled = this.until(withinMs, (message) => {
      if (message.type !== 'account' || message.view.name !== name) return null;
      return ['registered', 'ready', 'failed'].includes(message.view.state) ? message.view : null;
    });
    await this.engine.carryOut({ job: 'accounts', asked: { accounts } });
    return settled;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watchers.clear();
    await this.engine.carryOut({ job: 'close', asked: null });
    await this.#scope.close();
  }
}
