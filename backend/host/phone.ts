import { SidetoneError, explain, unreachable } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import { callIsOver } from '../call/call.ts';
import type { LineWish, PartySpec } from '../contract/host.ts';
import type {
  Account,
  AccountView,
  LineView,
  ProbeRequest,
  ProbeResult,
  SipMessageView,
  SipStep,
} from '../contract/sip.ts';
import { newCallId } from '../base/call-id.ts';
import { BUSY, CLOSING, UNAVAILABLE, decide, type IncomingAnswer } from './incoming.ts';
import { LineAudio, type MediaWorker } from './line-audio.ts';
import type { SipLinkEvents, SipNews, SipThread } from './sip-link.ts';
import { SipMessages } from './sip-messages.ts';

/** What the host's owner may want to know of telephony, and may decide. */
export interface PhoneWatch {
  onAccount?(view: AccountView): void;
  onLine?(line: LineView): void;
  onSipMessage?(message: SipMessageView): void;
  /** Of `check` or `probe` with this id. */
  onSipStep?(id: string, step: SipStep): void;
  onSipNotice?(code: string, message: string): void;
  /** What becomes of a call that comes in; default: as its account says, with nobody there to answer in person. */
  incoming?(line: LineView): IncomingAnswer;
}

export interface PhoneMeans {
  readonly scope: Scope;
  readonly watch: PhoneWatch;
  /** Calls at once before others are refused as busy. */
  readonly maxCalls: number;
  readonly startSip: (events: SipLinkEvents) => SipThread;
  /** Of a new call. */
  readonly pickWorker: () => MediaWorker;
  /** Calls going on of any kind. */
  readonly callsGoingOn: () => number;
  /** The folder of the bot that answers for accounts that name none; null: none does. */
  readonly usualBot: () => string | null;
  /** The bot can be put on a call; `worker` null: on any worker's. @throws SidetoneError what keeps it from that. */
  readonly readyBot: (dir: string, worker: MediaWorker | null) => Promise<PartySpec>;
}

export interface SipCall {
  /** Name of the account that calls; null: one that fits the target, or none. */
  readonly account: string | null;
  /** As SipWork.place takes it. */
  readonly target: string;
  readonly party: PartySpec;
  /** Longest call; null: until somebody ends it. */
  readonly maxMs: number | null;
}

interface Line {
  /** null: our INVITE is not out yet. */
  view: LineView | null;
  /** null: it came in and nobody answers it yet. */
  audio: LineAudio | null;
  /** Came in, and is being answered. */
  answering: boolean;
  /** Drops the timer that waits for it to be answered. */
  forgetTimer: () => void;
}

/** An INVITE that nobody answers; a little more than proxies wait (RFC 3261, timer C). */
const RING_LIMIT_MS = 200_000;
const RESTART_AFTER_MS = 2000;
const NOT_READY = { code: 500, reason: 'Server Internal Error' };

/** The host's SIP half: joins the thread that speaks SIP and the media workers that have the calls' audio. */
export class Phone {
  readonly #means: PhoneMeans;
  readonly #sip: SipThread;
  /** By call; those that have ended are gone. */
  readonly #lines = new Map<string, Line>();
  readonly #messages = new SipMessages();
  readonly #views = new Map<string, AccountView>();
  #accounts: readonly Account[] = [];
  #closing = false;

  constructor(means: PhoneMeans) {
    this.#means = means;
    this.#sip = means.startSip({
      onNews: (news) => this.#take(news),
      onCrash: (reason) => this.#crashed(reason),
    });
  }

  get accounts(): readonly AccountView[] {
    return [...this.#views.values()];
  }

  /** Calls going on over SIP, connected or not. */
  get lines(): readonly LineView[] {
    return [...this.#lines.values()].flatMap(({ view }) => view ?? []);
  }

  /** SIP messages of a call going on, or of one of the latest that ended. */
  messages(call: string): readonly SipMessageView[] {
    return this.#messages.of(call);
  }

  /** All accounts there are now, in the place of those before; calls of accounts that stay as they are go on. */
  async setAccounts(accounts: readonly Account[]): Promise<void> {
    const first = this.#accounts.length === 0;
    this.#accounts = accounts;
    const names = new Set(accounts.map(({ name }) => name));
    for (const name of this.#views.keys()) if (!names.has(name)) this.#views.delete(name);
    if (first && accounts.length === 0) return;
    this.#warmBots();
    await this.#sip.ask('accounts', { accounts });
  }

  /** Registers anew at once. */
  async refresh(account: string): Promise<void> {
    await this.#sip.ask('refresh', { account });
  }

  /** Steps are told to `onSipStep` with the same id. */
  check(id: string, account: string): Promise<{ readonly ok: boolean }> {
    return this.#sip.ask('check', { id, account });
  }

  /** Looks for settings that register; steps are told to `onSipStep` with the same id. */
  probe(id: string, request: ProbeRequest): Promise<ProbeResult> {
    return this.#sip.ask('probe', { id, request });
  }

  /** Sends an INVITE and returns the call's id; what becomes of it is told as lines, then as events. */
  async place({ account, target, party: wanted, maxMs }: SipCall): Promise<string> {
    const worker = this.#means.pickWorker();
    const party = wanted.kind === 'bot' ? await this.#means.readyBot(wanted.dir, worker) : wanted;
    const call = newCallId();
    const audio = this.#audio(call, worker, party, maxMs);
    const line: Line = { view: null, audio, answering: false, forgetTimer: () => undefined };
    this.#lines.set(call, line);
    try {
      const family = target.includes('[') ? 'ipv6' : this.#familyOf(account);
      const media = await audio.reserve(family);
      const view = await this.#sip.ask('place', { call, account, target, media });
      // Messages about it may have come before.
      if (this.#lines.get(call) === line && line.view === null) this.#takeLine(view);
    } catch (error) {
      this.#lines.delete(call);
      audio.end(explain(error));
      throw error;
    }
    line.forgetTimer = this.#means.scope.after(RING_LIMIT_MS, () => {
      if (line.view?.answeredAt === null) void this.hangUp(call, 'nobody answered').catch(() => undefined);
    });
    return call;
  }

  /**
   * Answers a call that came in. The caller hears that it rings while a bot readies itself, so that the greeting starts
   * with the answer. @throws SidetoneError 'usage' when it is over or answered already
   */
  async answer(call: string, wanted: PartySpec): Promise<void> {
    const { line, view } = this.#waiting(call);
    line.forgetTimer();
    line.answering = true;
    try {
      const worker = this.#means.pickWorker();
      const party = wanted.kind === 'bot' ? await this.#readyWhileRinging(call, wanted.dir, worker) : wanted;
      if (!this.#lines.has(call)) throw callIsOver();
      const audio = this.#audio(call, worker, party, null);
      line.audio = audio;
      audio.line(line.view ?? view);
      const family = view.dialled.includes('[') ? 'ipv6' : this.#familyOf(view.account);
      const media = await audio.reserve(family);
      await this.#sip.ask('answer', { call, media });
    } catch (error) {
      line.audio?.end(explain(error));
      line.audio = null;
      line.answering = false;
      throw error;
    }
  }

  /** Refuses a call that came in, as with 486. */
  async reject(call: string, code: number, reason: string): Promise<void> {
    this.#waiting(call);
    await this.#sip.ask('reject', { call, code, reason });
  }

  /** Ends a call in whatever way fits where it stands. */
  async hangUp(call: string, reason: string): Promise<void> {
    this.#goingOn(call);
    await this.#sip.ask('hang_up', { call, reason });
  }

  /** Whether there is such a call over SIP. */
  has(call: string): boolean {
    return this.#lines.has(call);
  }

  /**
   * The media worker that a call lives in, once it does: a moment after the line is told to be connected.
   * @throws SidetoneError 'usage' when nobody has answered yet, or it is over
   */
  async workerOf(call: string): Promise<MediaWorker> {
    const line = this.#lines.get(call);
    if (!line) throw callIsOver();
    const { view, audio } = line;
    if (view?.state !== 'connected' || !audio)
      throw new SidetoneError('usage', 'the call is not connected yet');
    await audio.connected;
    return audio.worker;
  }

  /** Done when the far end has agreed. @throws SidetoneError when it refused */
  async hold(call: string, on: boolean): Promise<void> {
    this.#goingOn(call);
    await this.#sip.ask('hold', { call, on });
  }

  /** Blind: the far end is asked to call `target`; done when it has agreed to try. */
  async transfer(call: string, target: string): Promise<void> {
    this.#goingOn(call);
    await this.#sip.ask('transfer', { call, target });
  }

  /** Attended: the far end of `call` is asked to take our place in `other`. */
  async join(call: string, other: string): Promise<void> {
    this.#goingOn(call);
    this.#goingOn(other);
    await this.#sip.ask('join', { call, other });
  }

  /** What a call's party needs of signalling. */
  wish(call: string, wish: LineWish): void {
    switch (wish.type) {
      case 'keys':
        this.#sip.ask('keys', { call, digits: wish.digits }).catch((error: unknown) => {
          this.#notice('keys', `keys were not sent: ${explain(error)}`);
        });
        break;
      case 'hang_up':
        void this.#sip.ask('hang_up', { call, reason: wish.reason }).catch(() => undefined);
        break;
      case 'transfer': {
        const { target } = wish;
        this.transfer(call, target).catch((error: unknown) => {
          const message = explain(error);
          this.#lines.get(call)?.audio?.change({ type: 'transfer', target, state: 'failed', message });
        });
        break;
      }
      default:
        unreachable(wish);
    }
  }

  /** The call is over in its media worker: somebody on our side hung up, or the worker crashed. */
  callEnded(call: string, reason: string): void {
    const line = this.#lines.get(call);
    if (!line) return;
    line.audio?.over();
    void this.#sip.ask('hang_up', { call, reason }).catch(() => undefined);
  }

  /** A media worker crashed: lines that had no more than a port there end as well. */
  workerLost(worker: MediaWorker, reason: string): void {
    for (const [call, { audio }] of this.#lines) {
      if (audio?.worker === worker) this.callEnded(call, reason);
    }
  }

  /** Calls going on stay; callers are told that another is to be tried. */
  refuseNew(): void {
    this.#closing = true;
  }

  /** Ends all calls and registrations with a goodbye. */
  async close(): Promise<void> {
    await this.#sip.close();
    for (const call of this.#lines.keys()) this.#lost(call, 'Sidetone is closing');
  }

  #audio(call: string, worker: MediaWorker, party: PartySpec, maxMs: number | null): LineAudio {
    const audio = new LineAudio({
      call,
      worker,
      party,
      maxMs,
      recordingOf: (account) => this.#account(account)?.settings.recording ?? null,
      onFailed: (error) => {
        this.#notice('connect', `a call could not be connected: ${explain(error)}`);
        this.callEnded(call, explain(error));
      },
    });
    audio.messages(this.#messages.of(call));
    return audio;
  }

  #take(news: SipNews): void {
    const { watch } = this.#means;
    switch (news.type) {
      case 'account':
        // Of an account that is gone by now.
        if (!this.#account(news.view.name)) return;
        this.#views.set(news.view.name, news.view);
        watch.onAccount?.(news.view);
        break;
      case 'line':
        this.#takeLine(news.line);
        break;
      case 'media': {
        const line = this.#lines.get(news.call);
        // Both kinds of keys are understood; this is about how ours are sent.
        const byInfo = line?.view && this.#account(line.view.account)?.settings.dtmf === 'info';
        line?.audio?.media(byInfo ? { ...news.media, eventPayload: null } : news.media);
        break;
      }
      case 'key':
        this.#lines
          .get(news.call)
          ?.audio?.change({ type: 'key', digit: news.digit, durationMs: news.durationMs });
        break;
      case 'sip':
        this.#messages.add(news.message);
        if (news.message.call !== null) this.#lines.get(news.message.call)?.audio?.messages([news.message]);
        watch.onSipMessage?.(news.message);
        break;
      case 'step':
        watch.onSipStep?.(news.id, news.step);
        break;
      case 'notice':
        this.#notice(news.code, news.message);
        break;
      default:
        unreachable(news);
    }
  }

  #takeLine(view: LineView): void {
    const { call } = view;
    const known = this.#lines.get(call);
    const line: Line = known ?? { view, audio: null, answering: false, forgetTimer: () => undefined };
    line.view = view;
    if (view.state === 'ended') {
      this.#lines.delete(call);
      this.#messages.ended(call);
      line.forgetTimer();
    } else {
      this.#lines.set(call, line);
      this.#messages.goesOn(call);
    }
    line.audio?.line(view);
    if (view.state === 'ended') line.audio?.end(view.end?.reason ?? 'ended');
    this.#means.watch.onLine?.(view);
    if (!known && view.state === 'incoming') this.#decide(view);
  }

  #decide(view: LineView): void {
    const { watch, maxCalls, callsGoingOn } = this.#means;
    const { call } = view;
    if (this.#closing) {
      this.#try(call, this.reject(call, CLOSING.code, CLOSING.reason));
      return;
    }
    if (callsGoingOn() > maxCalls) {
      this.#notice('max_calls', `${view.remote.uri} was refused: ${maxCalls} calls are going on`);
      this.#try(call, this.reject(call, BUSY.code, BUSY.reason));
      return;
    }
    const answer = watch.incoming ? watch.incoming(view) : this.#answerAlone(view);
    switch (answer.type) {
      case 'reject':
        this.#try(call, this.reject(call, answer.code, answer.reason));
        break;
      case 'bot':
        this.#try(call, this.answer(call, { kind: 'bot', dir: answer.dir }));
        break;
      case 'person':
        this.#try(call, this.answer(call, { kind: 'person' }));
        break;
      case 'wait':
        this.#try(call, this.#sip.ask('ring', { call }));
        break;
      default:
        unreachable(answer);
    }
  }

  /** Without anybody who could answer in person. */
  #answerAlone(view: LineView): IncomingAnswer {
    const { call, account: name } = view;
    const account = this.#account(name);
    const verdict = decide(view, account?.settings ?? null, { doNotDisturb: false, personTalks: false });
    if (verdict.type === 'reject') return verdict;
    const dir = account?.settings.bot ?? this.#means.usualBot();
    const later = verdict.type === 'ring' && verdict.later?.who === 'bot' ? verdict.later : null;
    if (dir === null || !(verdict.type === 'bot' || later)) {
      this.#notice('nobody', `${view.remote.uri} was refused: nobody is there to answer for account ${name}`);
      return { type: 'reject', ...UNAVAILABLE };
    }
    if (!later) return { type: 'bot', dir };
    const line = this.#lines.get(call);
    if (line)
      line.forgetTimer = this.#means.scope.after(later.afterMs, () =>
        this.#try(call, this.answer(call, { kind: 'bot', dir })),
      );
    return { type: 'wait' };
  }

  async #readyWhileRinging(call: string, dir: string, worker: MediaWorker): Promise<PartySpec> {
    const [party] = await Promise.all([this.#means.readyBot(dir, worker), this.#sip.ask('ring', { call })]);
    return party;
  }

  /** What goes wrong with a call that came in is said, and the caller told; where the call is over, nobody minds. */
  #try(call: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      const view = this.#lines.get(call)?.view;
      if (view?.state !== 'incoming') return;
      this.#notice('answer', `a call from ${view.remote.uri} could not be answered: ${explain(error)}`);
      void this.#sip.ask('reject', { call, ...NOT_READY }).catch(() => undefined);
    });
  }

  #warmBots(): void {
    const dirs = new Set<string>();
    for (const { settings } of this.#accounts) {
      const dir = settings.bot ?? this.#means.usualBot();
      const answers = settings.who === 'bot' || settings.auto_answer.some(({ who }) => who === 'bot');
      if (settings.enabled && answers && dir !== null) dirs.add(dir);
    }
    for (const dir of dirs) {
      this.#means.readyBot(dir, null).catch((error: unknown) => {
        this.#notice('bot', `the bot in ${dir} cannot answer: ${explain(error)}`);
      });
    }
  }

  #crashed(reason: string): void {
    this.#notice('thread', `the thread that speaks SIP ended: ${reason}; it is started again`);
    for (const call of this.#lines.keys()) this.#lost(call, `the thread that speaks SIP ended: ${reason}`);
    const retryAt = Date.now() + RESTART_AFTER_MS;
    for (const view of this.#views.values()) {
      const message = 'SIP is being started again';
      const failed: AccountView = { ...view, state: 'failed', message, registeredUntil: null, retryAt };
      this.#views.set(view.name, failed);
      this.#means.watch.onAccount?.(failed);
    }
    if (this.#accounts.length === 0) return;
    this.#means.scope.after(RESTART_AFTER_MS, () => {
      // A fresh thread that crashes as well is told of in its turn.
      this.#sip.ask('accounts', { accounts: this.#accounts }).catch(() => undefined);
    });
  }

  /** Signalling will say nothing more of this call. */
  #lost(call: string, reason: string): void {
    const line = this.#lines.get(call);
    if (!line) return;
    if (line.view) {
      const { state } = line.view;
      const end = { by: 'network', code: null, reason, missed: state === 'incoming' } as const;
      this.#takeLine({ ...line.view, state: 'ended', endedAt: Date.now(), end });
    } else {
      this.#lines.delete(call);
      line.audio?.end(reason);
    }
  }

  #account(name: string): Account | null {
    return this.#accounts.find((account) => account.name === name) ?? null;
  }

  /** Of the addresses that an account's calls use; IPv4 while nothing else is known. */
  #familyOf(account: string | null): 'ipv4' | 'ipv6' {
    const view = account === null ? this.accounts.find(({ contact }) => contact) : this.#views.get(account);
    return view?.contact?.includes('[') ? 'ipv6' : 'ipv4';
  }

  #goingOn(call: string): void {
    if (!this.#lines.has(call)) throw callIsOver();
  }

  /** A call that came in and that nobody answers yet. */
  #waiting(call: string): { readonly line: Line; readonly view: LineView } {
    const line = this.#lines.get(call);
    if (!line?.view) throw callIsOver();
    const { view } = line;
    if (view.state !== 'incoming' || line.answering)
      throw new SidetoneError('usage', 'this call is answered already');
    return { line, view };
  }

  #notice(code: string, message: string): void {
    this.#means.watch.onSipNotice?.(code, message);
  }
}
