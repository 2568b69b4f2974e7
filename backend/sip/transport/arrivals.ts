import { SidetoneError, explain } from '../../base/errors.ts';
import { showAddress } from '../../base/address.ts';
import type { Admission } from './admission.ts';
import { BoundedMap } from './bounded-map.ts';
import { cleanFor, type Identity } from './clean.ts';
import type { Incoming } from './incoming.ts';
import type { Arrival } from './link.ts';
import { parseVia, splitOutside, type SipMessage } from './message.ts';
import type { Notices } from './notices.ts';
import type { Outgoing, Packet } from './outgoing.ts';
import { reply } from './replies.ts';
import { answerable, faultOf } from './sanity.ts';
import type { Transactions } from './transactions.ts';

const MOST_CALLS_KNOWN = 10_000;
const OTHER_VERSION = /\sSIP\/(?!2\.0$)[\d.]+$/i;
const VIA = new Set(['via']);

export interface ArrivalsOptions {
  readonly identity: Identity;
  readonly admission: Admission;
  readonly notices: Notices;
  readonly transactions: Transactions<Packet>;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  now(): number;
  token(): string;
  transmit(packet: Packet, repeated: boolean): Promise<void>;
  /** To the user agent. It may throw: SidetoneError 'garbled' where the message is at fault. */
  deliver(text: string): void;
}

/**
 * What comes from the network, on its way up: judged (is it SIP, may it begin something, is it a repetition), cleaned,
 * and given to the user agent, whose throws end here.
 */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  /** Request URI by Call-ID: of INVITEs as they were on the wire; null: another request, or one of ours. */
  readonly #calls = new BoundedMap<string, { readonly uri: string | null }>(MOST_CALLS_KNOWN);

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  originalUri(callId: string): string | null {
    return this.#calls.get(callId)?.uri ?? null;
  }

  /** We take part in this call: requests within it are let in, from wherever they come. */
  know(callId: string): void {
    if (!this.#calls.get(callId)) this.#calls.set(callId, { uri: null });
  }

  async take(message: SipMessage, arrival: Arrival): Promise<void> {
    // Of another version we only say so, to a Via that names that version too.
    if (OTHER_VERSION.test(message.start)) {
      message.change(VIA, (value) => value.replace(/^SIP\s*\/\s*[\d.]+/i, 'SIP/2.0'));
    }
    const [top = ''] = splitOutside(message.get('via') ?? '', ',');
    const via = parseVia(top);
    // Nothing can be answered to, or found by, what has no readable Via.
    if (!via) this.#malformed(message, arrival, 'no readable Via');
    else if (message.status !== null)
      await this.#takeResponse(message, via.parameters.get('branch') ?? '', arrival);
    else await this.#takeRequest(message, arrival);
  }

  async #takeResponse(message: SipMessage, branch: string, arrival: Arrival): Promise<void> {
    const fault = faultOf(message);
    if (fault) {
      this.#malformed(message, arrival, fault.reason);
      return;
    }
    const { transactions, outgoing } = this.#options;
    const key = `${branch} ${message.cseq?.method ?? ''}`;
    const verdict = transactions.response(key, message.status ?? 0, message.toTag, this.#options.now());
    if (verdict === 'pass') await outgoing.receive(key, message);
    else if (verdict !== 'absorb') await this.#options.transmit(verdict.repeat, true);
  }

  async #takeRequest(message: SipMessage, arrival: Arrival): Promise<void> {
    const { incoming } = this.#options;
    const { from, link } = arrival;
    const fault = faultOf(message);
    if (fault) {
      this.#malformed(message, arrival, fault.reason);
      if (answerable(message) && this.#options.admission.worthAnswer(from.host))
        await incoming.refuse(message, link, from, fault.status, fault.reason);
      return;
    }
    if (!incoming.knows(message) && !(await this.#admitted(message, arrival))) return;
    const uri = message.request?.uri ?? '';
    if (!(await incoming.receive(message, link, from))) return;
    const begins = message.toTag === null && message.request?.method === 'INVITE';
    if (begins) this.#calls.set(message.callId, { uri });
    await this.#giveUp(message, arrival);
  }

  /** To the user agent. */
  async #giveUp(message: SipMessage, arrival: Arrival): Promise<void> {
    const { identity, incoming } = this.#options;
    const bad = cleanFor(message, identity);
    if (bad !== null) {
      this.#malformed(message, arrival, `unreadable ${bad}`);
      if (message.request?.method !== 'ACK')
        await incoming.respond(reply(message, 400, `Malformed ${bad}`, this.#options.token()));
      return;
    }
    try {
      this.#options.deliver(message.toString());
    } catch (error) {
      this.#malformed(message, arrival, explain(error));
      if (message.request?.method !== 'ACK')
        await incoming.respond(reply(message, ...blame(error), this.#options.token()));
    }
  }

  /** A response that passed, or one of our own making. */
  giveUpResponse(message: SipMessage): void {
    const bad = cleanFor(message, this.#options.identity);
    if (bad !== null) this.#options.notices.tell('sip_malformed', `a response with an unreadable ${bad}`);
    else {
      try {
        this.#options.deliver(message.toString());
      } catch (error) {
        this.#options.notices.tell('sip_malformed', `a response could not be taken: ${explain(error)}`);
      }
    }
  }

  /** A request that belongs to a call of ours is let in, as is one of whoever may begin something. */
  async #admitted(message: SipMessage, { from, link }: Arrival): Promise<boolean> {
    const { admission, incoming, notices } = this.#options;
    const method = message.request?.method ?? '';
    const known = this.#calls.get(message.callId) !== undefined;
    if (known && message.toTag !== null) return true;
    if (method === 'ACK') return false;
    const agent = message.get('user-agent');
    const judgement = admission.judge(from.host, agent);
    if (judgement === 'admit') {
      if (message.toTag === null) this.know(message.callId);
      return true;
    }
    const who = `${showAddress(from)}${agent === null ? '' : ` (${agent.slice(0, 60)})`}`;
    notices.tell('sip_not_admitted', `${method} of ${who} was not let in: neither server nor in 'allow'`);
    if (judgement === 'refuse') await incoming.refuse(message, link, from, 403, 'Forbidden');
    if (judgement === 'slow_down') await incoming.refuse(message, link, from, 503, 'Service Unavailable');
    return false;
  }

  #malformed(message: SipMessage, { from }: Arrival, why: string): void {
    const what = message.start.slice(0, 60);
    this.#options.notices.tell('sip_malformed', `'${what}' of ${showAddress(from)}: ${why}`);
  }
}

/** Whether the message or we are at fault. */
function blame(error: unknown): [status: number, reason: string] {
  const garbled = error instanceof SidetoneError && error.kind === 'garbled';
  return garbled ? [400, 'Bad Request'] : [500, 'Server Internal Error'];
}
