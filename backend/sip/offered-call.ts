import type {
  IncomingInviteRequest,
  IncomingRequestMessage,
  ResponseOptions,
  SessionDialog,
} from 'sip.js/lib/core/index.js';
import type { Scope } from '../base/scope.ts';
import type { Agent } from './agent.ts';
import { type Carried, carriedBy } from './bodies.ts';
import { CallDialog } from './call-dialog.ts';
import { answerTo, unreadable } from './offer-answer.ts';
import { unacceptable, unknownExtension } from './required.ts';
import { MediaDescription } from './sdp/session.ts';
import type { LocalMedia } from './sdp/session.ts';
import { answerTimer, readTimerHeaders } from './session-timer.ts';
import { ALLOW, dialogOf, sdpBody } from './sip-js.ts';

/** Nobody lets a telephone ring longer than this; a caller that vanished would ring for ever. */
const LONGEST_RING_MS = 180_000;
const T1_MS = 500;

export interface OfferedEvents {
  /** The caller gave up, or nobody answered in time. `elsewhere`: somebody has answered it at another telephone. */
  gone(by: 'them' | 'us', code: number, reason: string, elsewhere: boolean): void;
}

/** An INVITE that came in, until it is answered, refused or taken back. */
export class OfferedCall {
  readonly agent: Agent;
  readonly request: IncomingInviteRequest;
  readonly #carried: Carried;
  readonly #scope: Scope;
  readonly #events: OfferedEvents;
  #early: SessionDialog | null = null;
  #stopRepeating: () => void = () => undefined;
  #over = false;

  /** The INVITE has passed `objection`. */
  constructor(agent: Agent, request: IncomingInviteRequest, events: OfferedEvents) {
    this.agent = agent;
    this.request = request;
    this.#events = events;
    this.#carried = carriedBy(request.message);
    this.#scope = agent.scope.child();
    request.delegate = { onCancel: (cancel) => this.#onCancel(cancel) };
    request.trying();
    const seconds = Number(/^\s*(\d{1,7})\s*$/.exec(request.message.getHeader('expires') ?? '')?.[1]);
    const limit = seconds > 0 ? Math.min(seconds * 1000, LONGEST_RING_MS) : LONGEST_RING_MS;
    this.#scope.after(limit, () => {
      this.reject(480, 'Temporarily Unavailable');
      this.#events.gone('us', 480, 'nobody answered', false);
    });
  }

  get message(): IncomingRequestMessage {
    return this.request.message;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Where the caller wants our audio: null where it did not say. */
  get offer(): string | null {
    return this.#carried.kind === 'sdp' ? this.#carried.sdp : null;
  }

  ring(): void {
    if (this.#over || this.#early) return;
    const reliable = this.#wantsReliable();
    // Its first reliable response would have to carry our offer (RFC 3262, section 5): rather none than half a one.
    if (reliable && this.offer === null) return;
    const rseq = 1 + Math.floor(this.agent.random() * 2 ** 30);
    const progress = (): ResponseOptions => ({
      statusCode: 180,
      extraHeaders: [ALLOW, ...(reliable ? ['Require: 100rel', `RSeq: ${rseq}`] : [])],
    });
    const early = dialogOf(this.request.progress(progress()).session);
    this.#early = early;
    early.delegate = {
      onPrack: (prack) => {
        this.#stopRepeating();
        prack.accept();
      },
    };
    this.agent.updates.set(early.id, (server) => {
      // Our answer to the caller's first offer is still due (RFC 3311, section 5.2).
      const offers = carriedBy(server.message).kind === 'sdp';
      if (offers) server.reject({ statusCode: 500, extraHeaders: ['Retry-After: 5'] });
      else server.accept({ statusCode: 200, extraHeaders: [`Contact: ${this.agent.contact()}`] });
    });
    if (reliable) this.#repeat(progress, T1_MS);
  }

  /** A reliable response is repeated until its PRACK comes (RFC 3262, section 3). */
  #repeat(progress: () => ResponseOptions, afterMs: number): void {
    this.#stopRepeating = this.#scope.after(afterMs, () => {
      if (afterMs > 64 * T1_MS) {
        this.reject(504, 'No PRACK');
        this.#events.gone('them', 504, 'the caller never acknowledged that it rings (no PRACK)', false);
        return;
      }
      this.request.progress(progress());
      this.#repeat(progress, afterMs * 2);
    });
  }

  #wantsReliable(): boolean {
    return (
      this.agent.account.settings.prack &&
      this.message.getHeaders('require').some((tags) => /\b100rel\b/i.test(tags))
    );
  }

  /** 200 OK; `refused`: nothing could be agreed on, and the caller has been told so. */
  answer(
    local: LocalMedia,
    description: MediaDescription,
    hold = false,
  ): { readonly dialog: CallDialog } | { readonly refused: ResponseOptions } {
    const wish = this.agent.account.settings.session_timer_s;
    const timers = answerTimer(readTimerHeaders(this.message), wish);
    if (timers.refused) return { refused: this.#refuse(tooShort(timers.refused.minSeS)) };
    const { offer } = this;
    const answered = offer === null ? null : answerTo(description, offer, local, hold);
    if (answered?.refused) return { refused: this.#refuse(answered.refused) };
    const body = answered?.body ?? sdpBody(description.offer(local, hold));
    this.#finish();
    const { session } = this.request.accept({ statusCode: 200, extraHeaders: [...timers.headers], body });
    const dialog = new CallDialog({
      agent: this.agent,
      dialog: dialogOf(session),
      description,
      local,
      media: answered?.media ?? null,
      timed: timers.timed,
      minSeS: 0,
      established: this.message,
      caller: false,
      hold,
    });
    return { dialog };
  }

  reject(code: number, phrase: string | null, extraHeaders: readonly string[] = []): void {
    if (this.#over) return;
    this.#refuse({
      statusCode: code,
      ...(phrase === null || phrase === '' ? {} : { reasonPhrase: phrase.replaceAll(/[^\x20-\x7e]/g, '?') }),
      extraHeaders: [...extraHeaders],
    });
  }

  #refuse(options: ResponseOptions): ResponseOptions {
    this.#finish();
    this.request.reject(options);
    // sip.js leaves the early dialog of a refused INVITE where it was.
    this.#early?.dispose();
    return options;
  }

  #onCancel(cancel: IncomingRequestMessage): void {
    if (this.#over) return;
    this.#refuse({ statusCode: 487 });
    // RFC 3326: whoever forked the call says why the other branches end.
    const elsewhere = /\bSIP\s*;.*\bcause\s*=\s*"?200\b/i.test(cancel.getHeaders('reason').join(','));
    this.#events.gone('them', 487, elsewhere ? 'answered elsewhere' : 'the caller gave up', elsewhere);
  }

  #finish(): void {
    this.#over = true;
    if (this.#early) this.agent.updates.delete(this.#early.id);
    this.agent.background(this.#scope.close());
  }
}

/** Why an INVITE cannot even ring; null: it can. */
export function objection(agent: Agent, message: IncomingRequestMessage): ResponseOptions | null {
  const unfit = unknownExtension(message, { prack: prack(agent) }) ?? unacceptable(message);
  if (unfit) return unfit;
  const timers = answerTimer(readTimerHeaders(message), null);
  if (timers.refused) return tooShort(timers.refused.minSeS);
  const carried = carriedBy(message);
  const alien = unreadable(carried);
  if (alien) return alien;
  if (carried.kind !== 'sdp') return null;
  // What could never be agreed on does not ring first. Tried with a description that is thrown away.
  // Of a description with both families only one of them may be the audio's.
  const ours = ['127.0.0.1', '::1'];
  if (/^c=IN IP6/m.test(carried.sdp)) ours.reverse();
  const refusals = ours.map(
    (address) => answerTo(describe(agent), carried.sdp, { address, port: 9 }, false).refused,
  );
  return refusals.includes(null) ? null : (refusals[0] ?? null);
}

function prack(agent: Agent): boolean {
  return agent.account.settings.prack;
}

function tooShort(minSeS: number): ResponseOptions {
  return { statusCode: 422, extraHeaders: [`Min-SE: ${minSeS}`] };
}

/** A call's offers and answers as its account has them. */
export function describe(agent: Agent): MediaDescription {
  const { codecs, ptime_ms: ptimeMs, srtp } = agent.account.settings;
  return new MediaDescription({ codecs, ptimeMs, srtp });
}
