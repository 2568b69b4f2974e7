import type {
  IncomingInviteRequest,
  IncomingRequest,
  IncomingRequestMessage,
  IncomingResponseMessage,
  SessionDialog,
  UserAgentServer,
} from 'sip.js/lib/core/index.js';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { NegotiatedMedia } from '../contract/sip.ts';
import type { Agent } from './agent.ts';
import { accepted, ask } from './ask.ts';
import { carriedBy, sdpIn } from './bodies.ts';
import { hangUpReason, reasonOf } from './ending.ts';
import { infoKeyBody, type InfoKey, parseInfoKey } from './info-keys.ts';
import { type Agreement, answerTo, unreadable } from './offer-answer.ts';
import { type LocalMedia, type MediaDescription, SdpRefusal } from './sdp/session.ts';
import { ReInvite } from './re-invite.ts';
import { SessionClock } from './session-clock.ts';
import { answerTimer, readTimerHeaders, type Timed } from './session-timer.ts';
import { ALLOW, retarget, sdpBody } from './sip-js.ts';

/** A change that nobody confirms ends the call after this long (64 * T1, RFC 3261 section 17.1.1.2). */
const GIVE_UP_MS = 32_000;

/** What a dialog tells the call it carries. */
export interface DialogEvents {
  media(media: NegotiatedMedia): void;
  key(key: InfoKey): void;
  refer(request: IncomingRequest): void;
  notify(request: IncomingRequest): void;
  /** Once; nothing comes after it. */
  ended(by: 'them' | 'network', reason: string): void;
}

export interface DialogStart {
  readonly agent: Agent;
  readonly dialog: SessionDialog;
  readonly description: MediaDescription;
  readonly local: LocalMedia;
  /** null: our offer was in the 200 OK, and its answer comes with the ACK. */
  readonly media: NegotiatedMedia | null;
  readonly timed: Timed | null;
  readonly minSeS: number;
  /** What the far end sent to make the dialog: says which methods it allows. */
  readonly established: IncomingRequestMessage | IncomingResponseMessage;
  /** We sent the INVITE: the Call-ID is ours (RFC 3261, section 14.1). */
  readonly caller: boolean;
  readonly hold: boolean;
}

/**
 * One confirmed dialog (RFC 3261, section 12): what changes it from either side, its session timer, its end. The call
 * above it outlives it.
 */
export class CallDialog {
  readonly agent: Agent;
  readonly dialog: SessionDialog;
  readonly #description: MediaDescription;
  readonly #local: LocalMedia;
  readonly #scope: Scope;
  #events: DialogEvents | null = null;
  #media: NegotiatedMedia | null;
  #hold: boolean;
  readonly #clock: SessionClock;
  readonly #reInvite: ReInvite;
  /** Our offer went out in a 200 OK; the answer is in the ACK. */
  #answerDue = false;
  /** CSeq of a re-INVITE of theirs whose ACK has not come; null: none. */
  #ackDue: number | null = null;
  #unconfirmed: boolean;
  #byeWhenConfirmed = false;
  #changes: Promise<unknown> = Promise.resolve();
  #over = false;

  constructor(start: DialogStart) {
    this.agent = start.agent;
    this.dialog = start.dialog;
    this.#description = start.description;
    this.#local = start.local;
    this.#media = start.media;
    this.#hold = start.hold;
    this.#answerDue = start.media === null;
    this.#unconfirmed = !start.caller;
    this.#scope = start.agent.scope.child();
    const { dialog } = this;
    dialog.delegate = {
      onAck: ({ message }) => this.#onAck(message),
      onAckTimeout: () => this.#onAckTimeout(),
      onBye: (request) => {
        request.accept();
        this.#end('them', hangUpReason(request.message.getHeader('reason')));
      },
      onInfo: (request) => this.#onInfo(request),
      onInvite: (request) => this.#onReInvite(request),
      onNotify: (request) => this.#pass(request, (events) => events.notify(request)),
      onPrack: (request) => void request.accept(),
      onRefer: (request) => this.#pass(request, (events) => events.refer(request)),
    };
    start.agent.updates.set(dialog.id, (server) => this.#onUpdate(server));
    const { timed, minSeS, established } = start;
    this.#reInvite = new ReInvite({
      dialog,
      scope: this.#scope,
      caller: start.caller,
      random: () => this.agent.random(),
      headers: () => [...this.#standing(), ...this.#clock.headers],
      offer: () => this.#description.offer(this.#local, this.#hold),
      take: (answer) => this.#take(answer),
      rollback: () => this.#description.rollback(),
      agreed: (response) => {
        this.#clock.agreed(response);
        this.#clock.knowsUpdate(allows(response, 'UPDATE'));
      },
      tooShort: (response) => this.#clock.tooShort(response),
      noticeLoss: (response) => this.#noticeLoss(response),
    });
    this.#clock = new SessionClock(
      {
        scope: this.#scope,
        update: (headers) => ask(dialog, 'UPDATE', [...this.#standing(), ...headers]),
        invite: () => this.#reInvite.once(),
        inTurn: (change) => this.#inTurn(change),
        background: (work) => this.agent.background(work),
        noticeLoss: (answer) => this.#noticeLoss(answer),
        giveUp: (reason) => this.#giveUp(reason),
      },
      { timed, minSeS, updates: allows(established, 'UPDATE') },
    );
  }

  get media(): NegotiatedMedia | null {
    return this.#media;
  }

  get hold(): boolean {
    return this.#hold;
  }

  get local(): LocalMedia {
    return this.#local;
  }

  get over(): boolean {
    return this.#over;
  }

  attach(events: DialogEvents): void {
    this.#events = events;
  }

  /** Asks the far end to agree to being held, or to go on. @throws SidetoneError when it refuses; nothing has changed. */
  setHold(on: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (on === this.#hold) return;
      const before = this.#hold;
      this.#hold = on;
      try {
        await this.#reInvite.insist(on ? 'to be held' : 'to go on');
      } catch (error) {
        this.#hold = before;
        throw error;
      }
    });
  }

  /** @throws SidetoneError saying what the far end said to it. */
  async sendKeys(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      if (this.#over) throw new SidetoneError('usage', 'the call is over');
      const body = {
        contentDisposition: 'render',
        contentType: 'application/dtmf-relay',
        content: infoKeyBody(key),
      };
      // One after the other: requests that overlap may arrive in any order.
      const answer = await ask(this.dialog, 'INFO', [], body);
      this.#noticeLoss(answer);
      if (!accepted(answer)) {
        throw new SidetoneError('refused', `the far end took no key by SIP INFO: ${reasonOf(answer)}`, {
          hint: 'Set `dtmf: rfc4733`, or ask its operator how keys are to be sent.',
        });
      }
    }
  }

  /** Hangs up; the events say nothing of it. Resolves once the far end has answered, or nobody has. */
  async hangUp(): Promise<void> {
    if (this.#over) return;
    this.#close();
    // Nobody who was called may say BYE before the ACK (RFC 3261, section 15).
    if (this.#unconfirmed) {
      this.#byeWhenConfirmed = true;
      return;
    }
    await this.#bye();
  }

  async #bye(): Promise<void> {
    const answered = ask(this.dialog, 'BYE', []);
    this.dialog.dispose();
    await this.agent.goodbye(answered);
  }

  #end(by: 'them' | 'network', reason: string): void {
    if (this.#over) return;
    this.#close();
    this.#events?.ended(by, reason);
  }

  #close(): void {
    this.#over = true;
    this.agent.updates.delete(this.dialog.id);
    this.agent.background(this.#scope.close());
  }

  /** Ends what only we still believe in, with a BYE in case it is not so. */
  #giveUp(reason: string): void {
    if (this.#over) return;
    this.#end('network', reason);
    this.agent.background(this.#bye());
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changes.then(change);
    this.#changes = turn.catch(() => undefined);
    return turn;
  }

  /** Takes the answer to an offer of ours; null, or why it cannot be, and what was agreed on before holds. */
  #take(sdp: string | null): string | null {
    try {
      if (sdp === null) throw new SdpRefusal(488, 399, 'there is no session description in it');
      this.#setMedia(this.#description.accept(sdp));
      return null;
    } catch (error) {
      this.#description.rollback();
      if (error instanceof SdpRefusal) return error.warning;
      throw error;
    }
  }

  #setMedia(media: NegotiatedMedia): void {
    this.#media = media;
    this.#events?.media(media);
  }

  /** 408 and 481 end the dialog whatever was asked (RFC 5057, section 5.1). */
  #noticeLoss(answer: IncomingResponseMessage): void {
    if (answer.statusCode === 481 || answer.statusCode === 408) this.#giveUp(reasonOf(answer));
  }

  #onAck(message: IncomingRequestMessage): void {
    const first = this.#unconfirmed;
    this.#unconfirmed = false;
    this.#ackDue = null;
    if (this.#byeWhenConfirmed) return this.agent.background(this.#bye());
    if (!this.#answerDue) return;
    this.#answerDue = false;
    const problem = this.#take(sdpIn(message));
    if (problem !== null && first) this.#giveUp('the far end did not say where its audio goes');
  }

  #onAckTimeout(): void {
    this.#unconfirmed = false;
    if (this.#byeWhenConfirmed) return this.agent.background(this.#bye());
    this.#giveUp('the far end never confirmed that the call was answered (no ACK)');
  }

  #onReInvite(request: IncomingInviteRequest): void {
    const change = this.#consider(request);
    if (!change) return;
    const { headers: extraHeaders, answer } = change;
    if (answer) {
      request.accept({ statusCode: 200, extraHeaders, body: answer.body });
      this.#setMedia(answer.media);
    } else {
      const offer = this.#description.offer(this.#local, this.#hold);
      this.#answerDue = true;
      request.accept({ statusCode: 200, extraHeaders, body: sdpBody(offer) });
    }
    this.#awaitAck(request.message.cseq);
    change.commit();
  }

  #awaitAck(cseq: number): void {
    this.#ackDue = cseq;
    this.#scope.after(GIVE_UP_MS, () => {
      if (this.#ackDue === cseq) this.#giveUp('the far end never confirmed a change of the call (no ACK)');
    });
  }

  /** UPDATE (RFC 3311): as a re-INVITE, answered at once and without ACK. */
  #onUpdate(server: UserAgentServer): void {
    const offers = carriedBy(server.message).kind === 'sdp';
    if (offers && this.#reInvite.going) return void server.reject({ statusCode: 491 });
    if (offers && this.#answerDue) {
      return void server.reject({ statusCode: 500, extraHeaders: ['Retry-After: 3'] });
    }
    const change = this.#consider(server);
    if (!change) return;
    const { headers: extraHeaders, answer } = change;
    server.accept({ statusCode: 200, extraHeaders, ...(answer ? { body: answer.body } : {}) });
    if (answer) this.#setMedia(answer.media);
    retarget(this.dialog, server.message);
    change.commit();
  }

  /** What to say to a change of theirs, and to the session timer in it; null: it is refused. */
  #consider(request: Pick<IncomingRequest, 'message' | 'reject'>): {
    readonly headers: string[];
    /** null: it carried no offer. */
    readonly answer: Agreement | null;
    commit(): void;
  } | null {
    const { message } = request;
    const wish = this.agent.account.settings.session_timer_s;
    const timers = answerTimer(readTimerHeaders(message), wish, this.#clock.timed);
    if (timers.refused) {
      request.reject({ statusCode: 422, extraHeaders: [`Min-SE: ${timers.refused.minSeS}`] });
      return null;
    }
    const carried = carriedBy(message);
    const answer =
      carried.kind === 'sdp' ? answerTo(this.#description, carried.sdp, this.#local, this.#hold) : null;
    const refused = unreadable(carried) ?? answer?.refused;
    if (refused) {
      request.reject(refused);
      return null;
    }
    return {
      headers: [...this.#standing(), ...timers.headers],
      answer: answer?.refused === null ? answer : null,
      commit: () => {
        this.#clock.knowsUpdate(allows(message, 'UPDATE'));
        this.#clock.renew(timers.timed);
      },
    };
  }

  /** In every request and answer that may change the dialog. */
  #standing(): string[] {
    return [`Contact: ${this.agent.contact()}`, ALLOW];
  }

  #onInfo(request: IncomingRequest): void {
    const { message } = request;
    const key = parseInfoKey(message.getHeader('content-type') ?? '', message.body);
    if (key) {
      request.accept();
      this.#events?.key(key);
    } else if (message.body.trim() === '') {
      // An empty INFO asks whether we are still here.
      request.accept();
    } else {
      request.reject({
        statusCode: 415,
        extraHeaders: ['Accept: application/dtmf-relay, application/dtmf'],
      });
    }
  }

  #pass(request: IncomingRequest, pass: (events: DialogEvents) => void): void {
    if (this.#events) pass(this.#events);
    else request.reject({ statusCode: 480 });
  }
}

function allows(message: IncomingRequestMessage | IncomingResponseMessage, method: string): boolean {
  return message
    .getHeaders('allow')
    .some((list) => list.split(',').some((each) => each.trim().toUpperCase() === method));
}
