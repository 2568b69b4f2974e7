import { unreachable } from '../backend/base/errors.ts';
import type { Scope } from '../backend/base/scope.ts';
import type { AppSettings } from '../backend/contract/app-settings.ts';
import type { CallAction, PartySpec } from '../backend/contract/host.ts';
import type { AccountSettings, LineView, SipMessageView, SipStep } from '../backend/contract/sip.ts';
import type { PhoneView, Request } from '../backend/contract/window.ts';
import {
  BUSY,
  DECLINED,
  UNAVAILABLE,
  decide,
  type AutoAnswer,
  type IncomingAnswer,
} from '../backend/host/incoming.ts';
import type { Phone, SipCall } from '../backend/host/phone.ts';
import type { Bell } from './bell.ts';
import type { History } from './history.ts';
import type { Send } from './outbox.ts';
import { PhoneOutbox } from './phone-outbox.ts';
import type { Text } from './text.ts';

export interface PhoneDeskOptions {
  readonly scope: Scope;
  readonly send: Send;
  /** The host's; only asked once there is a host. */
  readonly phone: () => Pick<Phone, 'accounts' | 'place' | 'answer' | 'reject' | 'hold'>;
  readonly history: History;
  readonly bell: Pick<Bell, 'ring' | 'quiet' | 'missed' | 'attention'>;
  readonly text: () => Text;
  readonly settings: () => AppSettings['phone'];
  readonly account: (name: string) => AccountSettings | null;
  /** Folder of the bot that answers calls to an account. */
  readonly botOf: (account: string) => string;
  /** What is wrong in accounts.yaml; null: nothing. */
  readonly problem: () => string | null;
  /** Calls where the person speaks. */
  readonly personOn: () => ReadonlySet<string>;
  readonly act: (call: string, action: CallAction) => Promise<void>;
  /** Name of a call's record; null: there is none. */
  readonly recordOf: (call: string) => string | null;
  /** Calls, or those missed, are others. */
  readonly changed: () => void;
}

/** Whoever answers or calls does not wait longer for another far end to agree that it is put on hold. */
const HOLD_PATIENCE_MS = 2000;
/** The same trouble is told so often at most. */
const NOTICE_EVERY_MS = 600_000;

/** The phone with the window in front of it: who answers, what rings, which of the person's calls is the active one. */
export class PhoneDesk {
  readonly #options: PhoneDeskOptions;
  readonly #outbox: PhoneOutbox;
  /** Calls going on. */
  readonly #lines = new Map<string, LineView>();
  readonly #ringing = new Set<string>();
  /** What keeps a call that rings from being answered by itself. */
  readonly #later = new Map<string, () => void>();
  /** Calls refused here, and whether they count as missed. */
  readonly #refused = new Map<string, boolean>();
  /** Calls of the person's that could not be put on hold. */
  readonly #mutedAside = new Set<string>();
  readonly #noticed = new Map<string, number>();

  constructor(options: PhoneDeskOptions) {
    this.#options = options;
    this.#outbox = new PhoneOutbox({
      scope: options.scope,
      send: options.send,
      accounts: () => options.phone().accounts,
      problem: options.problem,
      history: () => options.history.calls,
    });
  }

  get view(): PhoneView {
    const { phone, history, problem } = this.#options;
    return {
      accounts: phone().accounts,
      lines: [...this.#lines.values()],
      history: history.calls,
      problem: problem(),
    };
  }

  get calls(): number {
    return this.#lines.size;
  }

  windowOpened(): void {
    this.#outbox.open();
  }

  windowGone(): void {
    this.#outbox.close();
  }

  /** An account's state is another, or the accounts are. */
  accountsChanged(): void {
    this.#outbox.accounts();
  }

  historyChanged(): void {
    this.#outbox.history();
    this.#options.changed();
  }

  takeMessage(message: SipMessageView): void {
    this.#outbox.message(message);
  }

  takeStep(id: string, step: SipStep): void {
    this.#options.send('sip.step', { id, step });
  }

  takeNotice(code: string, message: string): void {
    const { send, text } = this.#options;
    const now = performance.now();
    if (now - (this.#noticed.get(code) ?? -Infinity) < NOTICE_EVERY_MS) return;
    this.#noticed.set(code, now);
    send('notice', { severity: 'warning', title: text().telephony, meaning: message, remedy: null });
  }

  takeLine(line: LineView): void {
    if (line.state !== 'incoming') this.#stopRinging(line);
    if (line.state === 'ended') this.#end(line);
    else {
      this.#lines.set(line.call, line);
      this.#outbox.line(line);
    }
    this.#options.changed();
  }

  /** Who takes a call that comes in. */
  incoming(line: LineView): IncomingAnswer {
    const { account, settings, personOn, botOf, bell } = this.#options;
    const { call } = line;
    const verdict = decide(line, account(line.account), {
      doNotDisturb: settings().do_not_disturb,
      personTalks: personOn().size > 0,
    });
    switch (verdict.type) {
      case 'bot':
        return { type: 'bot', dir: botOf(line.account) };
      case 'person':
        bell.attention();
        return verdict;
      case 'reject':
        this.#refused.set(call, verdict.code === BUSY.code);
        return verdict;
      case 'ring':
        this.#ringing.add(call);
        bell.ring(line);
        if (verdict.later) this.#answerLater(call, verdict.later);
        return { type: 'wait' };
      default:
        return unreachable(verdict);
    }
  }

  /** Calls somebody; who calls in person puts their other calls on hold first. Returns the call's id. */
  async place(order: SipCall): Promise<string> {
    if (order.party.kind === 'person') await this.#holdOthers(null);
    return this.#options.phone().place(order);
  }

  async answer(call: string, who: 'bot' | 'person'): Promise<void> {
    this.#forgetLater(call);
    if (who === 'person') await this.#holdOthers(call);
    await this.#options.phone().answer(call, this.#party(call, who));
  }

  async reject(call: string, why: Request<'line.reject'>['why']): Promise<void> {
    const { code, reason } = { busy: BUSY, decline: DECLINED, unavailable: UNAVAILABLE }[why];
    this.#forgetLater(call);
    this.#refused.set(call, false);
    await this.#options.phone().reject(call, code, reason);
  }

  /** This call and none of the person's others. */
  async activate(call: string): Promise<void> {
    await this.#holdOthers(call);
    if (this.#mutedAside.delete(call)) await this.#options.act(call, { type: 'mute', on: false });
    if (this.#lines.get(call)?.heldByUs) await this.#options.phone().hold(call, false);
  }

  /** Forgets one call; null: all. */
  clearHistory(call: string | null): void {
    this.#options.history.clear(call);
    this.historyChanged();
  }

  seeHistory(): void {
    this.#options.history.see();
    this.historyChanged();
  }

  #end(line: LineView): void {
    const { history, recordOf } = this.#options;
    const { call, end } = line;
    this.#lines.delete(call);
    this.#mutedAside.delete(call);
    const missed = this.#missed(line);
    this.#refused.delete(call);
    const past = end ? { ...line, end: { ...end, missed } } : line;
    history.add(past, recordOf(call));
    this.#outbox.line(past);
    this.#outbox.history();
  }

  #stopRinging(line: LineView): void {
    const { call } = line;
    this.#forgetLater(call);
    if (!this.#ringing.delete(call)) return;
    this.#options.bell.quiet(call);
    if (line.state === 'ended' && this.#missed(line)) this.#options.bell.missed(line);
  }

  /** Refusing it by hand is as good as an answer; being refused while they want no calls is not. */
  #missed({ call, end }: LineView): boolean {
    return this.#refused.get(call) ?? end?.missed ?? false;
  }

  #answerLater(call: string, { who, afterMs }: AutoAnswer): void {
    const forget = this.#options.scope.after(afterMs, () => {
      this.#later.delete(call);
      // In their name nothing breaks into a call that the person has begun meanwhile; and what cannot be answered rings on.
      if (who === 'bot' || this.#options.personOn().size === 0) this.answer(call, who).catch(() => undefined);
    });
    this.#later.set(call, forget);
  }

  #forgetLater(call: string): void {
    this.#later.get(call)?.();
    this.#later.delete(call);
  }

  #party(call: string, who: 'bot' | 'person'): PartySpec {
    if (who === 'person') return { kind: 'person' };
    return { kind: 'bot', dir: this.#options.botOf(this.#lines.get(call)?.account ?? '') };
  }

  async #holdOthers(except: string | null): Promise<void> {
    const others = [...this.#options.personOn()].filter((call) => call !== except);
    const { promise: patience, resolve } = Promise.withResolvers<void>();
    const forget = this.#options.scope.after(HOLD_PATIENCE_MS, resolve);
    await Promise.race([patience, Promise.all(others.map((call) => this.#putAside(call)))]);
    forget();
  }

  /** On hold, or where that cannot be (raw RTP, a far end that refuses) at least unheard. */
  async #putAside(call: string): Promise<void> {
    const line = this.#lines.get(call);
    if (line?.heldByUs) return;
    const { phone, act } = this.#options;
    const held =
      line?.state === 'connected' &&
      (await phone()
        .hold(call, true)
        .then(
          () => true,
          () => false,
        ));
    if (held) return;
    this.#mutedAside.add(call);
    // A call that ends at this very moment hears nothing anyway.
    await act(call, { type: 'mute', on: true }).catch(() => undefined);
  }
}
