import { isIP } from 'node:net';
import type { IncomingRequest, URI } from 'sip.js/lib/core/index.js';
import { epochMs } from '../base/clock.ts';
import { SidetoneError } from '../base/errors.ts';
import type { LineEnd, LineView, MediaPort, NegotiatedMedia } from '../contract/sip.ts';
import type { Agent } from './agent.ts';
import type { CallDialog } from './call-dialog.ts';
import { type Remote, callerOf, plain } from './caller.ts';
import { DialledCall } from './dialled-call.ts';
import { statusWords } from './ending.ts';
import { Handover } from './handover.ts';
import { type InfoKey, keysOf } from './info-keys.ts';
import { OfferedCall, describe } from './offered-call.ts';
import { ReferredCall } from './referred-call.ts';
import { type Replaces, writeReplaces } from './replaces.ts';
import { parseReferral, referTo } from './transfer.ts';

/** Who transferred us says goodbye itself; after this long we do. */
const GOODBYE_MS = 4_000;

export interface CallHooks {
  line(view: LineView): void;
  media(call: string, media: NegotiatedMedia): void;
  key(call: string, key: InfoKey): void;
  /** SIP messages with this Call-ID are the call's. */
  bind(callId: string): void;
  /** Nothing comes after it. */
  ended(): void;
}

type Phase =
  | { readonly is: 'begun' }
  | { readonly is: 'dialled'; readonly dialled: DialledCall }
  | { readonly is: 'offered'; readonly offered: OfferedCall }
  | { readonly is: 'talking'; readonly dialog: CallDialog }
  | { readonly is: 'over' };

/**
 * A call as the rest of the engine knows it: from the first INVITE to the end, over however many dialogs. All it says
 * goes out as lines; all that is asked of it is a method.
 */
export class Call {
  readonly id: string;
  readonly agent: Agent;
  readonly #hooks: CallHooks;
  #view: LineView;
  #phase: Phase = { is: 'begun' };
  #port: MediaPort | null = null;
  #handover: Handover | null = null;
  #referred: ReferredCall | null = null;
  #referrals = 0;
  /** The dialog of a call that is being transferred has ended: what its end will be should that fail. */
  #orphaned: { readonly by: LineEnd['by']; readonly reason: string } | null = null;
  /** Why we shall have hung up, where it is more than a goodbye. */
  #farewell: string | null = null;

  constructor(
    start: Pick<LineView, 'call' | 'direction' | 'remote' | 'dialled'>,
    agent: Agent,
    hooks: CallHooks,
  ) {
    this.id = start.call;
    this.agent = agent;
    this.#hooks = hooks;
    this.#view = {
      ...start,
      account: agent.name,
      state: start.direction === 'in' ? 'incoming' : 'calling',
      heldByUs: false,
      heldByThem: false,
      codec: null,
      srtp: false,
      startedAt: epochMs(),
      answeredAt: null,
      endedAt: null,
      end: null,
      transfer: null,
    };
  }

  get view(): LineView {
    return this.#view;
  }

  get over(): boolean {
    return this.#phase.is === 'over';
  }

  /** Sends the INVITE. @throws SidetoneError where there is no way to the target. */
  async dial(target: URI, port: MediaPort): Promise<void> {
    const { agent } = this;
    this.#port = port;
    const address = await agent.addressTowards(target);
    if (this.over) return;
    const callId = agent.newCallId();
    this.#hooks.bind(callId);
    const dialled = new DialledCall(
      {
        agent,
        from: agent.ownUri(address),
        target,
        description: describe(agent),
        local: { address, port: port.port },
        headers: [],
        callId,
      },
      {
        ringing: () => {
          if (this.#view.state === 'calling') this.#show({ state: 'ringing' });
        },
        early: (media) => this.#early(media),
        answered: (dialog) => this.#adopt(dialog),
        failed: (by, code, reason) => this.#finish({ by, code, reason, missed: false }),
      },
    );
    this.#phase = { is: 'dialled', dialled };
    this.#show({});
  }

  /** An INVITE that is new: waits for `ring`, `answer` or `reject`. */
  offer(request: OfferedCall['request']): void {
    const offered = new OfferedCall(this.agent, request, {
      gone: (by, code, reason, elsewhere) => this.#finish({ by, code, reason, missed: !elsewhere }),
    });
    this.#phase = { is: 'offered', offered };
    this.#hooks.bind(request.message.callId);
    this.#show({});
  }

  ring(): void {
    this.#offered().ring();
  }

  async answer(port: MediaPort): Promise<void> {
    const offered = this.#offered();
    const address = await ownAddress(offered);
    if (offered.over) throw new SidetoneError('cancelled', 'the caller gave up');
    this.#port = port;
    const outcome = offered.answer({ address, port: port.port }, describe(this.agent));
    if ('dialog' in outcome) return this.#adopt(outcome.dialog);
    const { statusCode } = outcome.refused;
    const reason = `no audio could be agreed on (${statusCode})`;
    this.#finish({ by: 'us', code: statusCode, reason, missed: false });
    throw new SidetoneError('refused', reason);
  }

  reject(code: number, reason: string): void {
    if (!Number.isInteger(code) || code < 400 || code > 699) {
      throw new SidetoneError('usage', `a call is rejected with a status from 400 to 699, not ${code}`);
    }
    this.#offered().reject(code, reason);
    this.#finish({ by: 'us', code, reason: `${statusWords(code, reason)} (${code})`, missed: false });
  }

  /** Of a call that is over: nothing. Resolves when the far end has taken it, or does not answer. */
  async hangUp(reason: string): Promise<void> {
    const phase = this.#phase;
    this.#referred?.cancel();
    const by = 'us';
    switch (phase.is) {
      case 'over':
        return;
      case 'begun':
        return this.#finish({ by, code: 487, reason, missed: false });
      case 'dialled':
        phase.dialled.cancel();
        return this.#finish({ by, code: 487, reason, missed: false });
      case 'offered':
        phase.offered.reject(603, 'Decline');
        return this.#finish({ by, code: 603, reason, missed: false });
      case 'talking': {
        const gone = phase.dialog.hangUp();
        this.#finish({ by, code: null, reason: this.#farewell ?? reason, missed: false });
        return gone;
      }
    }
  }

  async hold(on: boolean): Promise<void> {
    await this.#talking().setHold(on);
  }

  async keys(digits: string): Promise<void> {
    const keys = keysOf(digits);
    if (!keys)
      throw new SidetoneError('usage', `${JSON.stringify(digits)} are no keys: 0-9, A-D, * and # are`);
    await this.#talking().sendKeys(keys);
  }

  /** Blind. Resolves when the far end has agreed to try. */
  transfer(target: URI): Promise<void> {
    return this.#handOver(plain(target.toString()), referTo(target, null));
  }

  /** Attended: the far end takes our place in `other`. */
  async join(other: Call): Promise<void> {
    if (other === this) throw new SidetoneError('usage', 'a call cannot be joined with itself');
    const consulted = other.#phase;
    if (consulted.is !== 'talking') {
      throw new SidetoneError('usage', 'the other call is not answered yet', {
        hint: 'Wait for an answer, or end it and transfer without asking first.',
      });
    }
    const { dialog } = consulted.dialog;
    const replaces = writeReplaces({
      callId: dialog.callId,
      toTag: dialog.remoteTag,
      fromTag: dialog.localTag,
      earlyOnly: false,
    });
    // Behind a proxy a Contact may be out of reach for others: there the address it was called by finds it.
    const target = dialog.routeSet.length > 0 ? dialog.remoteURI : dialog.remoteTarget;
    const joined = other.view.remote.uri;
    other.#farewell = `joined with ${this.#view.remote.uri}`;
    try {
      await this.#handOver(joined, referTo(target, replaces), () => other.#leave());
    } catch (error) {
      other.#farewell = null;
      throw error;
    }
  }

  /** Confirmed, early and ours, or not this call (RFC 3891, section 3). */
  match({ callId, toTag, fromTag }: Replaces): 'confirmed' | 'early' | null {
    const phase = this.#phase;
    if (phase.is === 'dialled') return phase.dialled.has(callId, toTag, fromTag) ? 'early' : null;
    if (phase.is !== 'talking') return null;
    const { dialog } = phase.dialog;
    return dialog.callId === callId && dialog.localTag === toTag && dialog.remoteTag === fromTag
      ? 'confirmed'
      : null;
  }

  /** Somebody takes the far end's place (INVITE with Replaces). */
  async replace(agent: Agent, request: OfferedCall['request']): Promise<void> {
    const offered = new OfferedCall(agent, request, { gone: () => undefined });
    const { message } = request;
    this.#hooks.bind(message.callId);
    const address = await ownAddress(offered);
    const before = this.#phase;
    const port = this.#port;
    if (offered.over) return;
    if (!port || (before.is !== 'talking' && before.is !== 'dialled')) return offered.reject(481, null);
    const hold = before.is === 'talking' && before.dialog.hold;
    const outcome = offered.answer({ address, port: port.port }, describe(agent), hold);
    if ('refused' in outcome) return;
    if (before.is === 'dialled') before.dialled.cancel();
    this.#adopt(outcome.dialog, callerOf(message, agent.account.settings.allow.length === 0));
    if (before.is === 'talking') agent.background(before.dialog.hangUp());
  }

  #handOver(target: string, value: string, done: () => void = () => undefined): Promise<void> {
    const dialog = this.#talking();
    if (this.#handover?.going || this.#referred?.going) {
      throw new SidetoneError('usage', 'a transfer of this call is under way already');
    }
    const handover = new Handover(dialog, target, (transfer) => {
      this.#show({ transfer });
      if (transfer.state !== 'done' || this.#talkingOn() !== dialog) return;
      this.#farewell = `transferred to ${target}`;
      this.agent.background(this.hangUp(this.#farewell));
      done();
    });
    this.#handover = handover;
    return handover.ask(value);
  }

  /** Somebody else has taken our place here; should they not say so, we go by ourselves. */
  #leave(): void {
    this.agent.scope.after(GOODBYE_MS, () => this.agent.background(this.hangUp('joined')));
  }

  #onRefer(dialog: CallDialog, request: IncomingRequest): void {
    const referral = parseReferral(request.message);
    if (!referral) return void request.reject({ statusCode: 400, reasonPhrase: 'Bad Refer-To' });
    if (this.#referred?.going || this.#handover?.going) return void request.reject({ statusCode: 491 });
    const id = this.#referrals === 0 ? null : request.message.cseq;
    this.#referrals += 1;
    this.#referred = new ReferredCall(dialog, request, referral, id, {
      show: (transfer) => this.#show({ transfer }),
      bind: (callId) => this.#hooks.bind(callId),
      answered: (next, remote) => {
        if (this.over) return this.agent.background(next.hangUp());
        this.#orphaned = null;
        this.#adopt(next, { uri: plain(remote), name: null });
        this.agent.scope.after(GOODBYE_MS, () => this.agent.background(dialog.hangUp()));
      },
      failed: () => {
        const orphaned = this.#orphaned;
        if (orphaned) this.#finish({ ...orphaned, code: null, missed: false });
      },
    });
  }

  #adopt(dialog: CallDialog, remote: Remote = this.#view.remote): void {
    const current = (): boolean => this.#talkingOn() === dialog;
    dialog.attach({
      media: (media) => {
        if (!current()) return;
        this.#hooks.media(this.id, media);
        this.#show(mediaView(dialog));
      },
      key: (key) => {
        if (current()) this.#hooks.key(this.id, key);
      },
      refer: (request) => {
        if (current()) this.#onRefer(dialog, request);
        else request.reject({ statusCode: 480 });
      },
      notify: (request) => {
        const about = /^\s*refer\b/i.test(request.message.getHeader('event') ?? '');
        if (about && this.#handover) this.#handover.onNotify(request);
        else request.reject({ statusCode: 489 });
      },
      ended: (by, reason) => {
        if (current()) this.#lost(by, reason);
      },
    });
    this.#phase = { is: 'talking', dialog };
    const { media } = dialog;
    if (media) this.#hooks.media(this.id, media);
    const answeredAt = this.#view.answeredAt ?? epochMs();
    this.#show({ state: 'connected', answeredAt, remote, ...mediaView(dialog) });
  }

  #lost(by: 'them' | 'network', reason: string): void {
    if (this.#referred?.going) {
      this.#orphaned = { by, reason };
      return;
    }
    const agreed = this.#handover?.going === true && this.#handover.agreed;
    const why = agreed ? `transferred to ${this.#view.transfer?.target ?? ''}` : (this.#farewell ?? reason);
    this.#finish({ by, code: null, reason: why, missed: false });
  }

  #early(media: NegotiatedMedia): void {
    this.#hooks.media(this.id, media);
    this.#show({ state: 'early', codec: media.codec, srtp: media.srtp !== null });
  }

  #finish(end: LineEnd): void {
    if (this.over) return;
    this.#phase = { is: 'over' };
    if (this.#handover?.going) this.#handover.abandon();
    this.#show({ state: 'ended', endedAt: epochMs(), end });
    this.#hooks.ended();
  }

  #show(part: Partial<LineView>): void {
    this.#view = { ...this.#view, ...part };
    this.#hooks.line(this.#view);
  }

  #offered(): OfferedCall {
    if (this.#phase.is === 'offered' && !this.#phase.offered.over) return this.#phase.offered;
    throw new SidetoneError(
      'usage',
      this.over ? 'the call is over' : 'the call does not wait to be answered',
    );
  }

  #talkingOn(): CallDialog | null {
    return this.#phase.is === 'talking' ? this.#phase.dialog : null;
  }

  #talking(): CallDialog {
    const dialog = this.#talkingOn();
    if (dialog) return dialog;
    throw new SidetoneError('usage', this.over ? 'the call is over' : 'the call is not answered yet');
  }
}

function mediaView(dialog: CallDialog): Partial<LineView> {
  const { media, hold } = dialog;
  if (!media) return { heldByUs: hold };
  return {
    codec: media.codec,
    srtp: media.srtp !== null,
    heldByUs: hold,
    heldByThem: !media.sends,
  };
}

/** Our address as the caller's audio can reach it: on the way to where that comes from, else to our server. */
function ownAddress({ agent, offer }: OfferedCall): Promise<string> {
  const named = /^c=IN IP[46] ([^\s/]+)/m.exec(offer ?? '')?.[1] ?? '';
  const known = isIP(named) !== 0 && named !== '0.0.0.0' && named !== '::';
  return known ? agent.addressFor(named) : agent.addressTowards(agent.aor);
}
