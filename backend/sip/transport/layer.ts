import { isIP } from 'node:net';
import { showAddress } from '../../base/address.ts';
import { epochMs, type Clock } from '../../base/clock.ts';
import { SidetoneError, explain } from '../../base/errors.ts';
import type { Scope } from '../../base/scope.ts';
import type { Account, SipTransport } from '../../contract/sip.ts';
import { Admission } from './admission.ts';
import { Arrivals } from './arrivals.ts';
import type { Identity } from './clean.ts';
import { DnsCache, type Dns } from './dns.ts';
import { Flow } from './flow.ts';
import { Incoming } from './incoming.ts';
import type { Arrival, End, Link } from './link.ts';
import { Links } from './links.ts';
import { SipMessage } from './message.ts';
import { Notices } from './notices.ts';
import { Outgoing, type Packet } from './outgoing.ts';
import { Router } from './router.ts';
import type { Target } from './routing.ts';
import { untidy } from './tidy.ts';
import { Transactions } from './transactions.ts';
import { addressTowards } from './udp.ts';
import { parseSipUri } from './uri.ts';

/** A message as it crosses the wire, unmasked. */
export interface WireMessage {
  readonly direction: 'in' | 'out';
  readonly transport: SipTransport;
  /** `10.0.0.1:5060` */
  readonly local: string;
  readonly remote: string;
  /** Epoch ms with fractions. */
  readonly at: number;
  readonly repeated: boolean;
  readonly text: string;
}

export interface LayerOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly scope: Scope;
  readonly dns: Dns;
  /** In [0, 1). */
  random(): number;
  /** Every message, for the ladder. */
  onWire(message: WireMessage): void;
  /** received/rport in an answer of the account's server: what NAT makes of us. */
  onReflexive(seen: { host: string; port: number }): void;
  /** Of the way to the registrar or proxy. */
  onState(state: 'connected' | 'disconnected', why: string | null): void;
  /** At most once a second of a kind. */
  onNotice(code: string, message: string): void;
}

/** Unguessable enough, and unique over a process's life. */
const TOKEN_LENGTH = 16;
const TOKEN_DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** How often the registrar's and proxy's names are looked up anew, as far as their TTL asks for it. */
const LOOK_UP_EVERY_MS = 60_000;
/** Datagrams longer than that are cut into fragments on the way, which some networks drop. */
const MTU_BYTES = 1300;

/** An address that the default route leads to (RFC 5737): nothing is ever sent there. */
const ANYWHERE = '192.0.2.1';
const NOWHERE: Omit<Target, 'address'> = { transport: 'udp', port: 9, domain: '', path: '/' };

/**
 * All that lies below sip.js for one account: sockets, routing, transactions, admission.
 *
 * Long requests stay on UDP, against RFC 3261 section 18.1.1 (TCP above 1300 bytes): an account that says UDP means it,
 * its server often has no TCP, NAT holes and Contact belong to the UDP port, and fragments arrive nearly everywhere.
 * Where they do not, a notice says what to set.
 */
export class SipLayer {
  readonly #options: LayerOptions;
  readonly #identity: Identity;
  readonly #dns: Dns;
  readonly #links: Links;
  readonly #transactions = new Transactions<Packet>();
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  readonly #arrivals: Arrivals;
  readonly #admission: Admission;
  readonly #notices: Notices;
  readonly #router: Router;
  readonly #flow: Flow;
  #cancelTimer: (() => void) | null = null;
  #timerAt = Infinity;
  #local: { transport: SipTransport; host: string; port: number } = {
    transport: 'udp',
    host: '0.0.0.0',
    port: 0,
  };

  /** What sip.js is given: cleaned, admitted, not repeated. */
  onMessage: (text: string) => void = () => undefined;

  /** @throws SidetoneError 'usage' when aor, bind, registrar, proxy or allow cannot be read */
  constructor(options: LayerOptions) {
    const { account, clock, scope } = options;
    const { aor, allow } = account.settings;
    const uri = parseSipUri(aor);
    if (!uri) throw new SidetoneError('usage', `account ${account.name}: '${aor}' is no SIP address`);
    this.#options = options;
    this.#identity = { user: uri.user ?? '', domain: uri.host.includes(':') ? `[${uri.host}]` : uri.host };
    this.#dns = new DnsCache(options.dns, clock);
    this.#notices = new Notices(clock, (code, message) => options.onNotice(code, message));
    this.#admission = new Admission(allow, clock);
    this.#router = new Router(account.settings, this.#dns, () => options.random());
    this.#links = new Links(account, scope, {
      onArrival: (arrival) => this.#background(this.#arrived(arrival)),
      onClose: (link, why) => {
        this.#flow.closed(link, why);
        this.#background(this.#outgoing.lost(link, why));
      },
    });
    const shared = {
      transactions: this.#transactions,
      now: () => clock.now(),
      transmit: (packet: Packet, repeated: boolean) => this.#transmit(packet, repeated),
      token: () => this.#token(),
    };
    this.#incoming = new Incoming({ ...shared, reopen: (link, to) => this.#links.reopen(link, to) });
    this.#outgoing = new Outgoing({
      ...shared,
      route: (request) => this.#router.route(request),
      open: (target) => this.#links.open(target),
      deliver: (response) => this.#arrivals.giveUpResponse(response),
      onTarget: (target, good) => this.#router.remember(target, good),
      onReflexive: (target, seen) => {
        if (this.#admission.servers.has(target.address)) options.onReflexive(seen);
      },
    });
    this.#arrivals = new Arrivals({
      ...shared,
      identity: this.#identity,
      admission: this.#admission,
      notices: this.#notices,
      incoming: this.#incoming,
      outgoing: this.#outgoing,
      deliver: (text) => this.onMessage(text),
    });
    this.#flow = new Flow({
      scope,
      random: () => options.random(),
      connect: () => this.#connect(),
      onState: (state, why) => options.onState(state, why),
    });
  }

  /** Binds and connects. @throws SidetoneError with what to do: a taken port, no such server, a refused certificate */
  async start(): Promise<void> {
    const { register, proxy, registrar, transport } = this.#options.account.settings;
    this.#options.scope.every(LOOK_UP_EVERY_MS, () => this.#background(this.#lookUpServers()));
    const hasServer = register || proxy !== null || registrar !== null;
    const usual = transport === 'auto' ? 'udp' : transport;
    await this.#links.listen(usual, hasServer);
    if (hasServer) {
      await this.#flow.start();
      await this.#lookUpServers();
    } else {
      this.#local = { transport: usual, ...(await this.#localWithoutServer(usual)) };
      // Nobody has to be there for us to be called: an unknown domain is no failure.
      await this.#lookUpServers().catch(() => undefined);
    }
  }

  async #localWithoutServer(transport: SipTransport): Promise<End> {
    const domain = this.#identity.domain;
    const towards = await this.localAddressFor(domain).catch(() => null);
    const host = towards ?? (await this.localAddressFor(ANYWHERE).catch(() => '127.0.0.1'));
    if (transport !== 'udp') return { host, port: this.#links.listening ?? 5061 };
    const link = await this.#links.open({ ...NOWHERE, address: host });
    return link.localTowards(host);
  }

  /** From sip.js: a complete request or response. What cannot be delivered is answered by a local response. */
  async send(text: string): Promise<void> {
    const message = SipMessage.read(text);
    if (!message) throw new SidetoneError('internal', 'the user agent sent what is not a SIP message');
    try {
      if (message.request) {
        this.#arrivals.know(message.callId);
        untidy(message);
        await this.#outgoing.send(message);
      } else await this.#incoming.respond(message);
    } finally {
      this.#plan();
    }
  }

  /** Our end, for Contact. */
  get local(): { readonly transport: SipTransport; readonly host: string; readonly port: number } {
    return this.#local;
  }

  /** Request URI of an INVITE as it was on the wire; null: no such call came in. */
  originalUri(callId: string): string | null {
    return this.#arrivals.originalUri(callId);
  }

  /** Our address on the way to a host: for the c= line of SDP. @throws SidetoneError 'unreachable' */
  async localAddressFor(host: string): Promise<string> {
    const bare = host.replace(/^\[|\]$/g, '');
    const address = isIP(bare) === 0 ? (await this.#dns.addresses(bare)).records[0] : bare;
    if (address === undefined)
      throw new SidetoneError('unreachable', `DNS knows no address of ${bare}`, { retryable: true });
    return addressTowards(address);
  }

  async close(): Promise<void> {
    await this.#options.scope.close();
  }

  async #connect(): Promise<{ link: Link; to: End }> {
    const { target, link } = await this.#router.firstReachable((target) => this.#links.open(target));
    this.#local = { transport: link.transport, ...(await link.localTowards(target.address)) };
    return { link, to: { host: target.address, port: target.port } };
  }

  async #lookUpServers(): Promise<void> {
    const named = await this.#router.serverAddresses();
    // DNS may name others by now than the one that we are connected to.
    const inUse = this.#flow.address;
    this.#admission.servers = inUse === null ? named : new Set([...named, inUse]);
  }

  async #arrived(arrival: Arrival): Promise<void> {
    const text = arrival.bytes.toString('utf8');
    const message = SipMessage.read(text);
    if (!message) {
      // Keep-alives are no more than CRLFs; what else is no SIP is nobody's to answer.
      if (/\S/.test(text)) this.#notices.tell('sip_garbage', `no SIP from ${showAddress(arrival.from)}`);
      return;
    }
    const { from, link } = arrival;
    const local = link.localTowards(from.host);
    this.#tellWire('in', text, from, link, local instanceof Promise ? await local : local, false);
    await this.#arrivals.take(message, arrival);
    this.#plan();
  }

  async #transmit(packet: Packet, repeated: boolean): Promise<void> {
    const { link, text, to } = packet;
    if (!link.reliable && Buffer.byteLength(text) > MTU_BYTES) {
      const what = `a message of ${Buffer.byteLength(text)} bytes to ${showAddress(to)} goes in fragments over UDP`;
      this.#notices.tell('sip_long_datagram', `${what}: if it gets no answer, set transport: tcp`);
    }
    const local = link.localTowards(to.host);
    this.#tellWire('out', text, to, link, local instanceof Promise ? await local : local, repeated);
    await link.send(text, to);
  }

  #tellWire(
    direction: 'in' | 'out',
    text: string,
    far: End,
    { transport }: Link,
    near: End,
    repeated: boolean,
  ): void {
    const [local, remote] = [showAddress(near), showAddress(far)];
    this.#options.onWire({ direction, transport, local, remote, at: epochMs(), repeated, text });
  }

  /** One timer for whatever is due next. */
  #plan(): void {
    const next = this.#transactions.nextDue ?? Infinity;
    if (next >= this.#timerAt || this.#options.scope.closed) return;
    this.#cancelTimer?.();
    this.#timerAt = next;
    const wait = Math.max(0, next - this.#options.clock.now());
    this.#cancelTimer = this.#options.scope.after(Math.ceil(wait), () => this.#carryOutDue());
  }

  #carryOutDue(): void {
    this.#timerAt = Infinity;
    const { repeat, unanswered, ended } = this.#transactions.due(this.#options.clock.now());
    for (const packet of repeat) this.#background(this.#transmit(packet, true));
    for (const key of unanswered) this.#background(this.#outgoing.unanswered(key));
    for (const key of ended) {
      this.#outgoing.ended(key);
      this.#incoming.ended(key);
    }
    this.#plan();
  }

  /** Work that nobody waits for. */
  #background(work: Promise<void>): void {
    work.then(
      () => this.#plan(),
      (error: unknown) => {
        if (!this.#options.scope.closed) this.#notices.tell('sip_transport', explain(error));
      },
    );
  }

  #token(): string {
    let token = '';
    while (token.length < TOKEN_LENGTH) token += TOKEN_DIGITS[Math.floor(this.#options.random() * 36)] ?? '';
    return token;
  }
}
