import type {
  IncomingResponseMessage,
  NameAddrHeader,
  OutgoingInviteRequest,
  SessionDialog,
  URI,
  UserAgentServer,
} from 'sip.js/lib/core/index.js';
import { randomBytes } from 'node:crypto';
import type { Scope } from '../base/scope.ts';
import type { NegotiatedMedia } from '../contract/sip.ts';
import type { Agent } from './agent.ts';
import { ask } from './ask.ts';
import { carriedBy, sdpIn } from './bodies.ts';
import { CallDialog } from './call-dialog.ts';
import { reasonOf } from './ending.ts';
import { answerTo, unreadable } from './offer-answer.ts';
import { type LocalMedia, type MediaDescription, SdpRefusal } from './sdp/session.ts';
import { readTimerHeaders, timerOfAnswer, timerWish } from './session-timer.ts';
import { dialogOf, sdpBody } from './sip-js.ts';

const MOST_REDIRECTS = 5;
/** Without any response for so long nobody will answer any more (timer C of RFC 3261, section 16.6). */
const SILENT_MS = 190_000;
/** For the response to a cancelled INVITE (RFC 3261, section 9.1). */
const CANCELLED_MS = 32_000;

export interface DialPlan {
  readonly agent: Agent;
  readonly from: URI;
  readonly target: URI;
  readonly description: MediaDescription;
  readonly local: LocalMedia;
  /** Replaces, Referred-By. */
  readonly headers: readonly string[];
  readonly callId: string;
}

export interface DialEvents {
  ringing(): void;
  /** The far end sends audio before it answers; again when another branch of a forked call does. */
  early(media: NegotiatedMedia): void;
  answered(dialog: CallDialog): void;
  failed(by: 'them' | 'network', code: number, reason: string): void;
}

interface Fork {
  readonly dialog: SessionDialog;
  description: MediaDescription;
  media: NegotiatedMedia | null;
  sdp: string | null;
}

/** An INVITE of ours until somebody answers it or nobody will: forks, early audio, redirection, CANCEL. */
export class DialledCall {
  readonly #plan: DialPlan;
  readonly #events: DialEvents;
  readonly #scope: Scope;
  readonly #fromTag = randomBytes(5).toString('hex');
  readonly #forks = new Map<string, Fork>();
  readonly #tried = new Set<string>();
  #waiting: URI[] = [];
  #redirects = 0;
  #cseq = 0;
  #minSeS = 0;
  #request: OutgoingInviteRequest | null = null;
  #over = false;
  #patience: () => void = () => undefined;
  #target: URI;

  constructor(plan: DialPlan, events: DialEvents) {
    this.#plan = plan;
    this.#events = events;
    this.#scope = plan.agent.scope.child();
    this.#target = plan.target;
    this.#invite(plan.target);
  }

  /** Fork that an incoming INVITE names in Replaces; true: it is one of ours and still rings. */
  has(callId: string, localTag: string, remoteTag: string): boolean {
    return (
      callId === this.#plan.callId &&
      localTag === this.#fromTag &&
      this.#forks.has(`${callId}${localTag}${remoteTag}`)
    );
  }

  /** CANCEL, or BYE where the answer crosses it. Nothing is told any more. */
  cancel(): void {
    if (this.#over) return;
    this.#finish();
    const request = this.#request;
    if (!request) return;
    request.cancel();
    // Whoever does not even answer the CANCEL is forgotten. This outlives the call.
    this.#plan.agent.scope.after(CANCELLED_MS, () => this.#forget(request));
  }

  #invite(target: URI): void {
    const { agent, description, local, headers, callId, from } = this.#plan;
    this.#target = target;
    this.#tried.add(target.toString());
    this.#cseq += 1;
    const wish = agent.account.settings.session_timer_s;
    const message = agent.makeInvite({
      target,
      to: this.#plan.target,
      from,
      callId,
      fromTag: this.#fromTag,
      cseq: this.#cseq,
      headers: [...timerWish(wish, this.#minSeS), ...headers],
      body: sdpBody(description.offer(local, false)),
    });
    this.#hopeFurther();
    this.#request = agent.core.invite(message, {
      onTrying: () => this.#hopeFurther(),
      onProgress: ({ message: progress, session }) => this.#onProgress(progress, dialogOf(session)),
      onAccept: (response) => {
        // The ACK carries the credentials of the INVITE (RFC 3261, section 22.1).
        const credentials = ['authorization', 'proxy-authorization'].flatMap((name) =>
          message.getHeaders(name).map((value) => `${name}: ${value}`),
        );
        response.ack({ extraHeaders: credentials });
        this.#cseq = message.cseq;
        this.#onAccept(response.message, dialogOf(response.session));
      },
      onRedirect: ({ message: answer }) => {
        this.#cseq = message.cseq;
        this.#onRedirect(answer);
      },
      onReject: ({ message: answer }) => {
        this.#cseq = message.cseq;
        this.#onReject(answer);
      },
    });
  }

  #hopeFurther(): void {
    this.#patience();
    if (this.#over) return;
    this.#patience = this.#scope.after(SILENT_MS, () => {
      this.cancel();
      this.#events.failed('them', 408, 'nobody answered within three minutes (408)');
    });
  }

  #onProgress(message: IncomingResponseMessage, dialog: SessionDialog): void {
    this.#hopeFurther();
    this.#acknowledge(message, dialog);
    if (this.#over) return;
    let fork = this.#forks.get(dialog.id);
    if (!fork) {
      const made: Fork = { dialog, description: this.#plan.description, media: null, sdp: null };
      fork = made;
      this.#forks.set(dialog.id, made);
      this.#plan.agent.updates.set(dialog.id, (server) => this.#onUpdate(made, server));
    }
    const { statusCode } = message;
    if (statusCode === 180 || statusCode === 182) this.#events.ringing();
    const sdp = sdpIn(message);
    if (sdp === null || sdp === fork.sdp) return;
    try {
      this.#take(fork, sdp);
    } catch (error) {
      // A provisional answer that cannot be used is no reason to give up: the final one may be.
      if (!(error instanceof SdpRefusal)) throw error;
      return;
    }
    if (fork.media) this.#events.early(fork.media);
  }

  /** PRACK (RFC 3262). */
  #acknowledge(message: IncomingResponseMessage, dialog: SessionDialog): void {
    const rseq = message.getHeader('rseq');
    if (rseq === undefined) return;
    if (!message.getHeaders('require').some((tags) => /\b100rel\b/i.test(tags))) return;
    const { agent } = this.#plan;
    agent.background(ask(dialog, 'PRACK', [`RAck: ${rseq} ${message.cseq} INVITE`]));
  }

  /** Every branch of a forked call answers the same offer. @throws SdpRefusal */
  #take(fork: Fork, sdp: string): void {
    const description = this.#plan.description.fork();
    fork.media = description.accept(sdp);
    fork.description = description;
    fork.sdp = sdp;
  }

  /** The far end changes what it sends before it answers (RFC 3311). */
  #onUpdate(fork: Fork, server: UserAgentServer): void {
    const carried = carriedBy(server.message);
    const alien = unreadable(carried);
    if (alien) return void server.reject(alien);
    const extraHeaders = [`Contact: ${this.#plan.agent.contact()}`];
    if (carried.kind !== 'sdp') return void server.accept({ statusCode: 200, extraHeaders });
    if (!fork.media) return void server.reject({ statusCode: 491 });
    const answer = answerTo(fork.description, carried.sdp, this.#plan.local, false);
    if (answer.refused) return void server.reject(answer.refused);
    server.accept({ statusCode: 200, extraHeaders, body: answer.body });
    fork.media = answer.media;
    this.#events.early(answer.media);
  }

  #onAccept(message: IncomingResponseMessage, dialog: SessionDialog): void {
    // Cancelled too late, or another branch was faster.
    if (this.#over) return this.#dismiss(dialog);
    const fork = this.#forks.get(dialog.id) ?? {
      dialog,
      description: this.#plan.description,
      media: null,
      sdp: null,
    };
    try {
      const sdp = sdpIn(message);
      if (sdp !== null && sdp !== fork.sdp) this.#take(fork, sdp);
      if (!fork.media) throw new SdpRefusal(488, 399, 'it did not say where its audio goes');
    } catch (error) {
      if (!(error instanceof SdpRefusal)) throw error;
      this.#dismiss(dialog);
      this.#finish();
      this.#events.failed('them', 488, `no audio could be agreed on: ${error.message}`);
      return;
    }
    this.#finish();
    const { agent, local } = this.#plan;
    const asked = agent.account.settings.session_timer_s;
    this.#events.answered(
      new CallDialog({
        agent,
        dialog,
        description: fork.description,
        local,
        media: fork.media,
        timed: timerOfAnswer(
          readTimerHeaders(message),
          asked === null ? null : Math.max(asked, this.#minSeS),
        ),
        minSeS: this.#minSeS,
        established: message,
        caller: true,
        hold: false,
      }),
    );
  }

  #dismiss(dialog: SessionDialog): void {
    const { agent } = this.#plan;
    agent.background(agent.goodbye(ask(dialog, 'BYE', [])));
    dialog.dispose();
  }

  #onRedirect(message: IncomingResponseMessage): void {
    if (this.#over) return;
    this.#redirects += 1;
    const known = new Set([...this.#tried, ...this.#waiting.map(String)]);
    const named = contactsOf(message).filter((uri) => !known.has(uri.toString()));
    if (this.#redirects > MOST_REDIRECTS) return this.#fail(message, 'redirected too often');
    this.#waiting = [...named, ...this.#waiting];
    this.#next(message);
  }

  #onReject(message: IncomingResponseMessage): void {
    if (this.#over) return;
    const code = message.statusCode ?? 500;
    const { minSeS } = readTimerHeaders(message);
    if (code === 422 && minSeS > this.#minSeS) {
      this.#minSeS = minSeS;
      return this.#invite(this.#target);
    }
    // A 6xx speaks for all other addresses too (RFC 3261, section 21.6).
    if (code >= 600) return this.#fail(message);
    this.#next(message);
  }

  /** The next address that a redirection has named. */
  #next(message: IncomingResponseMessage): void {
    const target = this.#waiting.shift();
    if (target) this.#invite(target);
    else this.#fail(message);
  }

  #fail(message: IncomingResponseMessage, why?: string): void {
    const code = message.statusCode ?? 500;
    // The layer below answers in place of who cannot be reached.
    const reached =
      message.getHeaders('via').length > 0 && !/\bsidetone\b/.test(message.getHeader('warning') ?? '');
    this.#finish();
    this.#events.failed(reached ? 'them' : 'network', code, why ?? reasonOf(message));
  }

  #finish(): void {
    this.#over = true;
    for (const id of this.#forks.keys()) this.#plan.agent.updates.delete(id);
    this.#plan.agent.background(this.#scope.close());
  }

  #forget(request: OutgoingInviteRequest): void {
    const { userAgentClients } = this.#plan.agent.core;
    for (const [id, client] of userAgentClients) {
      if (client !== request) continue;
      userAgentClients.delete(id);
      client.dispose();
    }
  }
}

/** Addresses of a 3xx that we can call, the dearest first. */
function contactsOf(message: IncomingResponseMessage): URI[] {
  const found: { readonly uri: URI; readonly q: number }[] = [];
  for (let index = 0; index < Math.min(message.getHeaders('contact').length, 10); index += 1) {
    const contact: NameAddrHeader | undefined = message.parseHeader('contact', index);
    const scheme = contact?.uri?.scheme;
    if (!contact || (scheme !== 'sip' && scheme !== 'sips')) continue;
    const q = Number(contact.getParam('q') ?? 1);
    const uri = contact.uri.clone();
    uri.clearHeaders();
    found.push({ uri, q: Number.isFinite(q) ? q : 1 });
  }
  return found.toSorted((one, other) => other.q - one.q).map(({ uri }) => uri);
}
