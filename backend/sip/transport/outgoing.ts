import { explain } from '../../base/errors.ts';
import type { Link } from './link.ts';
import { parseVia, type SipMessage } from './message.ts';
import { ackOf, reply, warning } from './replies.ts';
import { showTarget, type Target } from './routing.ts';
import { TIMEOUT, type Transactions } from './transactions.ts';

/** A message ready to be sent. */
export interface Packet {
  readonly text: string;
  readonly link: Link;
  readonly to: { readonly host: string; readonly port: number };
}

/** How long a server may be silent while there is another one to ask: four INVITEs have been sent by then. */
const PATIENCE_WITH_OTHERS = 5000;
/** The last one gets what is left of timers B and F, which the user agent above has too. */
const LEAST_PATIENCE = TIMEOUT / 8;

export interface OutgoingOptions {
  readonly transactions: Transactions<Packet>;
  now(): number;
  /** Best first. @throws in words for a person */
  route(request: SipMessage): Promise<readonly Target[]>;
  open(target: Target): Promise<Link>;
  transmit(packet: Packet, repeated: boolean): Promise<void>;
  /** To the user agent. */
  deliver(response: SipMessage): void;
  /** A new branch or tag. */
  token(): string;
  /** A server answered, or gave none. */
  onTarget(target: Target, good: boolean): void;
  /** What the far end saw of our address. */
  onReflexive(target: Target, seen: { host: string; port: number }): void;
}

/** A request of the user agent's on its way, over one target after another. */
interface Delivery {
  readonly id: string;
  readonly request: SipMessage;
  readonly method: string;
  /** As the user agent wrote it: responses are given up with it. */
  readonly via: string;
  readonly beganAt: number;
  targets: readonly Target[];
  tried: number;
  target: Target | null;
  /** As it went over the wire the last time. */
  sent: { readonly message: SipMessage; readonly packet: Packet } | null;
  key: string | null;
  provisional: boolean;
  /** A final response was given up. */
  over: boolean;
  readonly failures: string[];
  /** CANCEL that waits for a provisional response (RFC 3261 section 9.1). */
  cancel: SipMessage | null;
}

/**
 * Requests of the user agent: each finds its way (RFC 3263), gets a Via and a branch of its own on the wire, and tries
 * the next server when one fails. What cannot be delivered is answered here, in words.
 */
export class Outgoing {
  readonly #options: OutgoingOptions;
  /** By branch, as the user agent knows it, Call-ID and method. */
  readonly #deliveries = new Map<string, Delivery>();
  readonly #byKey = new Map<string, Delivery>();
  /** INVITE transactions by Call-ID and CSeq: ACKs of 2xx belong to them. */
  readonly #invites = new Map<string, Delivery>();

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** `request` is complete, with a Via as the user agent knows it. */
  async send(request: SipMessage): Promise<void> {
    const method = request.request?.method ?? '';
    const branch = parseVia(request.get('via') ?? '')?.parameters.get('branch') ?? '';
    const invite = this.#deliveries.get(`${branch} ${request.callId} INVITE`);
    if (method === 'ACK')
      await (invite ? this.#acknowledge(invite, request) : this.#acknowledgeSuccess(request));
    else if (method === 'CANCEL') await this.#cancel(invite ?? null, request);
    else await this.#begin(`${branch} ${request.callId} ${method}`, request, method);
  }

  async #begin(id: string, request: SipMessage, method: string): Promise<void> {
    const via = request.get('via') ?? '';
    const delivery: Delivery = {
      id,
      request,
      method,
      via,
      beganAt: this.#options.now(),
      targets: [],
      tried: 0,
      target: null,
      sent: null,
      key: null,
      provisional: false,
      over: false,
      failures: [],
      cancel: null,
    };
    this.#deliveries.set(id, delivery);
    if (method === 'INVITE') this.#invites.set(inviteId(request), delivery);
    try {
      delivery.targets = await this.#options.route(request);
    } catch (error) {
      delivery.failures.push(explain(error));
    }
    await this.#tryNext(delivery);
  }

  async #tryNext(delivery: Delivery): Promise<void> {
    for (;;) {
      const target = delivery.targets[delivery.tried];
      if (delivery.cancel !== null && delivery.tried > 0) {
        this.#fail(delivery, 487, 'Request Terminated');
        return;
      }
      if (!target) {
        this.#fail(delivery, 503, 'Service Unavailable');
        return;
      }
      delivery.tried += 1;
      delivery.target = target;
      try {
        await this.#transmit(delivery, target);
        return;
      } catch (error) {
        if (delivery.key !== null) this.#forget(delivery, delivery.key);
        delivery.failures.push(explain(error));
        this.#options.onTarget(target, false);
      }
    }
  }

  async #transmit(delivery: Delivery, target: Target): Promise<void> {
    const { transactions } = this.#options;
    const link = await this.#options.open(target);
    const branch = `z9hG4bK${this.#options.token()}`;
    const message = delivery.request.clone();
    await stampVia(message, link, target, branch);
    const packet: Packet = {
      text: message.toString(),
      link,
      to: { host: target.address, port: target.port },
    };
    const key = `${branch} ${delivery.method}`;
    delivery.key = key;
    delivery.sent = { message, packet };
    this.#byKey.set(key, delivery);
    transactions.begin(
      key,
      {
        invite: delivery.method === 'INVITE',
        reliable: link.reliable,
        packet,
        patienceMs: this.#patienceFor(delivery),
      },
      this.#options.now(),
    );
    await this.#options.transmit(packet, false);
  }

  #patienceFor({ tried, targets, beganAt }: Delivery): number {
    const share = TIMEOUT / targets.length;
    if (tried < targets.length) return Math.min(PATIENCE_WITH_OTHERS, share);
    return Math.max(LEAST_PATIENCE, TIMEOUT - (this.#options.now() - beganAt));
  }

  /** ACK to a final response that is no 2xx: the same branch, the same way as its INVITE. */
  async #acknowledge(invite: Delivery, request: SipMessage): Promise<void> {
    // A response of our own needs none on the wire.
    if (!invite.sent || invite.key === null) return;
    request.set('Via', invite.sent.message.get('via') ?? '');
    const packet = { ...invite.sent.packet, text: request.toString() };
    this.#options.transactions.acknowledged(invite.key, request.toTag, packet);
    await this.#options.transmit(packet, false);
  }

  /** ACK to a 2xx: a branch of its own, and nobody answers it. */
  async #acknowledgeSuccess(request: SipMessage): Promise<void> {
    const [target] = await this.#options.route(request);
    if (!target) return;
    const link = await this.#options.open(target);
    await stampVia(request, link, target, `z9hG4bK${this.#options.token()}`);
    const packet = { text: request.toString(), link, to: { host: target.address, port: target.port } };
    const invite = this.#invites.get(inviteId(request));
    if (invite?.key) this.#options.transactions.acknowledged(invite.key, request.toTag, packet);
    await this.#options.transmit(packet, false);
  }

  async #cancel(invite: Delivery | null, request: SipMessage): Promise<void> {
    if (!invite || invite.over) {
      this.#options.deliver(reply(request, 481, 'Call/Transaction Does Not Exist', this.#options.token()));
      return;
    }
    invite.cancel = request;
    if (invite.provisional) await this.#sendCancel(invite);
  }

  async #sendCancel(invite: Delivery): Promise<void> {
    const { cancel, sent } = invite;
    if (!cancel || !sent) return;
    invite.cancel = null;
    const { transactions } = this.#options;
    const via = cancel.get('via') ?? '';
    cancel.set('Via', sent.message.get('via') ?? '');
    const branch = parseVia(sent.message.get('via') ?? '')?.parameters.get('branch') ?? '';
    const packet = { ...sent.packet, text: cancel.toString() };
    const key = `${branch} CANCEL`;
    const delivery: Delivery = {
      ...invite,
      id: `${invite.id} CANCEL`,
      request: cancel,
      method: 'CANCEL',
      via,
      targets: [],
      sent: { message: cancel, packet },
      key,
      provisional: false,
      failures: [],
      cancel: null,
    };
    this.#deliveries.set(delivery.id, delivery);
    this.#byKey.set(key, delivery);
    transactions.begin(
      key,
      { invite: false, reliable: sent.packet.link.reliable, packet },
      this.#options.now(),
    );
    await this.#options.transmit(packet, false);
  }

  /** A response came that the transaction lets pass. */
  async receive(key: string, response: SipMessage): Promise<void> {
    const delivery = this.#byKey.get(key);
    const status = response.status ?? 0;
    if (!delivery || delivery.key !== key) return;
    const { target } = delivery;
    if (target) {
      this.#options.onTarget(target, status !== 503);
      this.#tellReflexive(target, response);
    }
    if (status < 200) {
      delivery.provisional = true;
      if (delivery.cancel) await this.#sendCancel(delivery);
    }
    if (status === 503 && delivery.tried < delivery.targets.length) {
      if (target) delivery.failures.push(`${showTarget(target)} answered 503`);
      await this.#refuseAndTryNext(delivery, key, response);
      return;
    }
    if (status >= 200) delivery.over = true;
    response.set('Via', delivery.via);
    this.#options.deliver(response);
  }

  async #refuseAndTryNext(delivery: Delivery, key: string, response: SipMessage): Promise<void> {
    if (delivery.method === 'INVITE' && delivery.sent) {
      const ack = ackOf(delivery.sent.message, response);
      const packet = { ...delivery.sent.packet, text: ack.toString() };
      this.#options.transactions.acknowledged(key, response.toTag, packet);
      await this.#options.transmit(packet, false);
    }
    delivery.provisional = false;
    await this.#tryNext(delivery);
  }

  #tellReflexive(target: Target, response: SipMessage): void {
    const parameters = parseVia(response.get('via') ?? '')?.parameters;
    const port = Number(parameters?.get('rport') ?? NaN);
    const host = parameters?.get('received');
    if (port > 0 && host) this.#options.onReflexive(target, { host: host.replace(/^\[|\]$/g, ''), port });
  }

  /** Nobody answered in time. */
  async unanswered(key: string): Promise<void> {
    const delivery = this.#byKey.get(key);
    this.#byKey.delete(key);
    if (!delivery || delivery.key !== key) return;
    const { target } = delivery;
    if (target) {
      this.#options.onTarget(target, false);
      const way = target.transport.toUpperCase();
      delivery.failures.push(`no answer from ${showTarget(target).slice(way.length + 1)} over ${way}`);
    }
    if (delivery.tried < delivery.targets.length) await this.#tryNext(delivery);
    else this.#fail(delivery, 408, 'Request Timeout');
  }

  /**
   * A connection is over (RFC 3261 section 17.1.4): what nobody has answered yet over it goes elsewhere, or fails. Who has
   * said that it is at work may still answer over another one.
   */
  async lost(link: Link, why: string): Promise<void> {
    for (const [key, delivery] of this.#byKey) {
      const { sent, target, over, provisional } = delivery;
      if (sent?.packet.link !== link || delivery.key !== key || over || provisional) continue;
      delivery.failures.push(why);
      if (target) this.#options.onTarget(target, false);
      this.#forget(delivery, key);
      await this.#tryNext(delivery);
    }
  }

  /** A transaction is over. */
  ended(key: string): void {
    const delivery = this.#byKey.get(key);
    if (delivery) this.#forget(delivery, key);
    if (delivery?.key === key) this.#remove(delivery);
  }

  #fail(delivery: Delivery, status: number, reason: string): void {
    if (!delivery.over) {
      delivery.over = true;
      // Of a 408 to anything but INVITE the user agent shows no text.
      const told = status === 408 && delivery.method !== 'INVITE' ? 503 : status;
      const text = told === status ? reason : 'Service Unavailable';
      const why = delivery.failures.join('; ') || 'no server to send it to';
      const response = reply(delivery.request, told, text, this.#options.token(), [warning(why)]);
      response.set('Via', delivery.via);
      delivery.sent = null;
      this.#options.deliver(response);
    }
    this.#remove(delivery);
  }

  #forget(delivery: Delivery, key: string): void {
    this.#options.transactions.abandon(key);
    this.#byKey.delete(key);
    if (delivery.key === key && !delivery.over) delivery.key = null;
  }

  #remove(delivery: Delivery): void {
    this.#deliveries.delete(delivery.id);
    const id = inviteId(delivery.request);
    if (this.#invites.get(id) === delivery) this.#invites.delete(id);
  }
}

function inviteId(message: SipMessage): string {
  return `${message.callId} ${message.cseq?.number ?? 0}`;
}

/** Our Via for that way: RFC 3261 section 18.1.1, with rport (RFC 3581). */
async function stampVia(message: SipMessage, link: Link, target: Target, branch: string): Promise<void> {
  const { host, port } = await link.localTowards(target.address);
  const end = host.includes(':') ? `[${host}]` : host;
  message.set('Via', `SIP/2.0/${link.transport.toUpperCase()} ${end}:${port};rport;branch=${branch}`);
}
