import type { End, Link } from './link.ts';
import { parseVia, showVia, splitOutside, tagIn, type SipMessage } from './message.ts';
import type { Packet } from './outgoing.ts';
import { reply } from './replies.ts';
import { untidy } from './tidy.ts';
import type { Transactions } from './transactions.ts';

interface Served {
  /** From and To of the request, before they were put right for the user agent. */
  readonly from: string;
  readonly to: string;
  /** Via headers of the request, as responses have to carry them. */
  readonly vias: readonly string[];
  readonly link: Link;
  readonly back: End;
  /** The branch that the user agent knows it by. */
  readonly branch: string;
  lastText: string | null;
}

export interface IncomingOptions {
  readonly transactions: Transactions<Packet>;
  now(): number;
  transmit(packet: Packet, repeated: boolean): Promise<void>;
  token(): string;
  /** Another connection in the place of one that has closed. @throws in words */
  reopen(link: Link, to: End): Promise<Link>;
}

/**
 * Requests from the network and the responses to them. The user agent sees a Via of ours with a branch of ours:
 * what others write there (hosts with underscores, missing branches, the same branch twice) does not concern it.
 */
export class Incoming {
  readonly #options: IncomingOptions;
  readonly #byKey = new Map<string, Served>();
  /** By our branch and method. */
  readonly #keys = new Map<string, string>();

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /**
   * Takes note of a request; its top Via must be readable. A repeated one is answered as before.
   * @returns whether the user agent is to see it
   */
  async receive(request: SipMessage, link: Link, from: End): Promise<boolean> {
    const { transactions } = this.#options;
    const now = this.#options.now();
    const method = request.request?.method ?? '';
    const back = stamp(request, from);
    const vias = request.all('via');
    const transaction = transactionOf(request);
    const ofInvite = this.#byKey.get(`${transaction} INVITE`);
    const key = `${transaction} ${method === 'ACK' ? 'INVITE' : method}`;
    const verdict =
      method === 'ACK'
        ? transactions.ack(key, now)
        : transactions.request(key, { invite: method === 'INVITE', reliable: link.reliable }, now);
    if (verdict !== 'pass') {
      if (verdict !== 'absorb') await this.#options.transmit(verdict.repeat, true);
      return false;
    }
    const related = method === 'ACK' || method === 'CANCEL' ? ofInvite : undefined;
    const branch = related?.branch ?? `z9hG4bK${this.#options.token()}`;
    if (method !== 'ACK') {
      const [from = '', to = ''] = [request.get('from'), request.get('to')].map((value) => value ?? '');
      this.#byKey.set(key, { from, to, vias, link, back, branch, lastText: null });
      this.#keys.set(`${branch} ${method}`, key);
    }
    request.set('Via', `SIP/2.0/${link.transport.toUpperCase()} peer.invalid;branch=${branch}`);
    return true;
  }

  /** A response of the user agent's: it goes where its request came from. */
  async respond(response: SipMessage): Promise<void> {
    const branch = parseVia(response.get('via') ?? '')?.parameters.get('branch') ?? '';
    const key = this.#keys.get(`${branch} ${response.cseq?.method ?? ''}`);
    const served = key === undefined ? undefined : this.#byKey.get(key);
    if (key === undefined || !served) return;
    response.set('Via', ...served.vias);
    response.set('From', served.from);
    const tag = response.toTag;
    const tagged = tagIn(served.to) || tag === null;
    response.set('To', tagged ? served.to : `${served.to};tag=${tag}`);
    untidy(response);
    const text = response.toString();
    const { link, back } = served;
    const packet: Packet = {
      text,
      link: link.closed ? await this.#options.reopen(link, back) : link,
      to: back,
    };
    this.#options.transactions.responded(key, response.status ?? 0, packet, this.#options.now());
    const repeated = served.lastText === text;
    served.lastText = text;
    await this.#options.transmit(packet, repeated);
  }

  /** Whether a transaction of this request goes on. */
  knows(request: SipMessage): boolean {
    const transaction = transactionOf(request);
    const method = request.request?.method ?? '';
    const own = this.#byKey.has(`${transaction} ${method}`);
    return own || (/^(?:ACK|CANCEL)$/.test(method) && this.#byKey.has(`${transaction} INVITE`));
  }

  /** Answers without remembering anything (RFC 3261 section 8.2.7): it is sent once for each time it is asked. */
  async refuse(request: SipMessage, link: Link, from: End, status: number, reason: string): Promise<void> {
    const to = stamp(request, from);
    const text = reply(request, status, reason, this.#options.token()).toString();
    await this.#options.transmit({ text, link, to }, false);
  }

  /** A transaction is over. */
  ended(key: string): void {
    const served = this.#byKey.get(key);
    if (!served) return;
    this.#byKey.delete(key);
    this.#keys.delete(`${served.branch} ${key.slice(key.lastIndexOf(' ') + 1)}`);
  }
}

/** Adds received and rport to the top Via (RFC 3261 section 18.2.1, RFC 3581). @returns where responses go */
function stamp(request: SipMessage, from: End): End {
  const [first = '', ...others] = request.all('via');
  const [top = '', ...rest] = splitOutside(first, ',');
  const via = parseVia(top);
  if (!via) return from;
  const parameters = new Map(via.parameters);
  const asked = parameters.has('rport');
  if (asked) parameters.set('rport', String(from.port));
  if (asked || via.host !== from.host) parameters.set('received', from.host);
  request.set('Via', showVia({ ...via, parameters }), ...rest, ...others);
  return { host: from.host, port: asked ? from.port : (via.port ?? 5060) };
}

/** What tells transactions of others apart: RFC 3261 section 17.2.3, with the rule for RFC 2543 peers. */
function transactionOf(request: SipMessage): string {
  const [top = ''] = splitOutside(request.get('via') ?? '', ',');
  const via = parseVia(top);
  const branch = via?.parameters.get('branch') ?? '';
  const sentBy = `${via?.host ?? ''}:${via?.port ?? ''}`;
  if (/^z9hG4bK./i.test(branch)) return `${branch} ${sentBy}`;
  const { callId, cseq, fromTag } = request;
  return `${callId} ${cseq?.number ?? ''} ${fromTag ?? ''} ${sentBy} ${branch}`;
}
