import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type Body,
  type IncomingInviteRequest,
  IncomingRequestMessage,
  type IncomingResponseMessage,
  type OutgoingRequestMessage,
  SessionDialog,
  type URI,
  UserAgentCore,
  type UserAgentServer,
} from 'sip.js/lib/core/index.js';
import type { Clock } from '../base/clock.ts';
import { epochMs } from '../base/clock.ts';
import { SidetoneError, explain, problemOf } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { Account, AccountView } from '../contract/sip.ts';
import { installDigest } from './digest.ts';
import { mendContact } from './mended.ts';
import { Registration } from './registration.ts';
import { unknownExtension } from './required.ts';
import { ALLOW, parseMessage, parseUri, silence, updateServer } from './sip-js.ts';
import type { Dns } from './transport/dns.ts';
import { SipLayer, type WireMessage } from './transport/layer.ts';

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;
/** How long a goodbye is waited for before the sockets close. */
const GOODBYE_MS = 1_500;
const READY = { state: 'ready', message: 'ready, without registration', hint: null } as const;

export interface AgentMeans {
  readonly version: string;
  readonly clock: Clock;
  readonly dns: Dns;
  random(): number;
}

export interface AgentHooks {
  view(view: AccountView): void;
  invite(agent: Agent, request: IncomingInviteRequest): void;
  wire(agent: Agent, message: WireMessage): void;
  notice(code: string, message: string): void;
}

export interface InviteParts {
  readonly target: URI;
  readonly to: URI;
  readonly from: URI;
  readonly callId: string;
  readonly fromTag: string;
  readonly cseq: number;
  readonly headers: readonly string[];
  readonly body: Body;
}

/** One account: its user agent (the core of sip.js), the layer below it, its registration. Calls are above it. */
export class Agent {
  readonly scope = new Scope();
  readonly core: UserAgentCore;
  readonly aor: URI;
  /** Made for one far end, without an account of anybody's. */
  readonly passing: boolean;
  /** Who answers an UPDATE within a dialog, by the dialog's id. */
  readonly updates = new Map<string, (server: UserAgentServer) => void>();
  readonly #means: AgentMeans;
  readonly #hooks: AgentHooks;
  readonly #goodbyes = new Set<Promise<unknown>>();
  #account: Account;
  #layer: SipLayer | null = null;
  #attempt: Scope | null = null;
  #registration: Registration | null = null;
  #reflexive: { readonly host: string; readonly port: number } | null = null;
  #view: AccountView;
  #failures = 0;
  #retiring: Promise<void> | null = null;
  readonly #closing = Promise.withResolvers<void>();

  /** @throws SidetoneError 'usage' for an address of record that is no SIP address. */
  constructor(account: Account, means: AgentMeans, hooks: AgentHooks, passing = false) {
    this.passing = passing;
    const { settings } = account;
    const aor = parseUri(settings.aor);
    if (!aor?.user) {
      throw new SidetoneError('usage', `account ${account.name}: ${settings.aor} is no SIP address`);
    }
    this.aor = aor;
    this.#account = account;
    this.#means = means;
    this.#hooks = hooks;
    this.#view = {
      name: account.name,
      aor: settings.aor,
      state: 'off',
      message: 'off',
      hint: null,
      via: null,
      contact: null,
      registeredUntil: null,
      retryAt: null,
    };
    const sends = { protocol: 'UDP', send: (text: string): Promise<void> => this.#send(text) };
    Object.defineProperty(sends, 'protocol', { get: () => this.#transport().toUpperCase() });
    const contactUri = aor.clone();
    this.core = new UserAgentCore(
      {
        aor,
        contact: {
          pubGruu: undefined,
          tempGruu: undefined,
          uri: contactUri,
          toString: () => this.contact(),
        },
        displayName: '',
        loggerFactory: silence(),
        hackViaTcp: false,
        routeSet: [],
        sipjsId: randomBytes(4).toString('hex'),
        supportedOptionTags: [],
        supportedOptionTagsResponse: [],
        userAgentHeaderFieldValue: `Sidetone/${means.version}`,
        viaForceRport: true,
        viaHost: 'sidetone.invalid',
        authenticationFactory: () => undefined,
        transportAccessor: () => sends,
      },
      {
        onInvite: (request) => hooks.invite(this, request),
        // Of mailboxes and the like, which we have not subscribed to.
        onNotify: (request) => void request.reject({ statusCode: 481 }),
      },
    );
    installDigest(this.core, {
      user: settings.auth_user ?? aor.user,
      password: account.password,
    });
    this.adopt(account);
  }

  get account(): Account {
    return this.#account;
  }

  get name(): string {
    return this.#account.name;
  }

  get view(): AccountView {
    return this.#view;
  }

  random(): number {
    return this.#means.random();
  }

  /** Settings that count from the next call on: nothing on the network depends on them. */
  adopt(account: Account): void {
    this.#account = account;
    const { prack, display_name: name } = account.settings;
    const tags = ['replaces', 'timer', 'norefersub', ...(prack ? ['100rel'] : [])];
    this.core.configuration.supportedOptionTags = tags;
    this.core.configuration.supportedOptionTagsResponse = tags;
    this.core.configuration.displayName = (name ?? '').replaceAll(/["\\]/g, "'");
  }

  /** Begins, and begins again as long as it does not work; the view tells how it goes. */
  async start(): Promise<void> {
    if (!this.#account.settings.enabled) return this.#show({ state: 'off', message: 'off' });
    this.#show({ state: 'starting', message: 'starting', hint: null, retryAt: null });
    const attempt = this.scope.child();
    this.#attempt = attempt;
    const layer = new SipLayer({
      account: this.#account,
      clock: this.#means.clock,
      scope: attempt,
      dns: this.#means.dns,
      random: () => this.#means.random(),
      onWire: (message) => this.#onWire(message),
      onReflexive: (seen) => this.#onReflexive(seen),
      onState: (state, why) => this.#onState(state, why),
      onNotice: (code, message) => this.#hooks.notice(code, message),
    });
    layer.onMessage = (text) => this.#receive(text);
    try {
      await layer.start();
    } catch (error) {
      await attempt.close();
      if (!this.scope.closed) this.#failed(error);
      return;
    }
    if (attempt.closed) return;
    this.#failures = 0;
    this.#layer = layer;
    const contact = this.#contactHost();
    this.#show({ contact: `${bracketed(contact.host)}:${contact.port}` });
    if (!this.#account.settings.register) {
      return this.#show(READY);
    }
    this.#registration = new Registration({
      core: this.core,
      account: this.#account,
      contact: () => this.contact(),
      clock: this.#means.clock,
      scope: attempt,
      random: () => this.#means.random(),
      onView: (part) => this.#show(part),
    });
    this.#registration.start();
  }

  /** Registers anew at once; begins at once where it waits for its next attempt to begin. */
  async refresh(): Promise<void> {
    if (this.#registration) this.#registration.refresh();
    else if (!this.#layer && this.#view.state === 'failed') await this.start();
  }

  /** `<sip:alice@10.0.0.2:5060;transport=tcp>` */
  contact(): string {
    const transport = this.#transport();
    const { host, port } = this.#contactHost();
    const parameter = transport === 'udp' ? '' : `;transport=${transport === 'wss' ? 'ws' : transport}`;
    const user = this.aor.user ?? '';
    return `<${this.aor.scheme}:${user}@${bracketed(host)}:${port}${parameter}>`;
  }

  /** Who calls: the address of record, or without an account where we are, so that we can be called back. */
  ownUri(address: string): URI {
    const uri = this.aor.clone();
    if (this.passing) {
      uri.host = bracketed(address);
      uri.port = this.#contactHost().port;
    }
    return uri;
  }

  /** Our address on the way to whom an INVITE goes, for SDP. @throws SidetoneError as `addressFor` */
  async addressTowards(target: URI): Promise<string> {
    const { proxy, public_address } = this.#account.settings;
    const throughServer = proxy !== null || target.host === this.aor.host;
    const host = this.#layer?.local.host ?? '0.0.0.0';
    if (throughServer && host !== '0.0.0.0' && host !== '::') return public_address ?? host;
    return this.addressFor(target.host);
  }

  /** Our address on the way to `host`. @throws SidetoneError where there is no way, or we are not up. */
  async addressFor(host: string): Promise<string> {
    const layer = this.#layer;
    if (!layer) {
      const { message, hint } = this.#view;
      const problem = this.passing ? message : `account ${this.name} is not up: ${message}`;
      throw new SidetoneError('unreachable', problem, hint === null ? {} : { hint });
    }
    return this.#account.settings.public_address ?? (await layer.localAddressFor(host));
  }

  /** The request URI of an INVITE as it was on the wire. */
  dialled(callId: string): string | null {
    return this.#layer?.originalUri(callId) ?? null;
  }

  newCallId(): string {
    return randomBytes(12).toString('hex');
  }

  makeInvite(parts: InviteParts): OutgoingRequestMessage {
    const { callId, fromTag, cseq } = parts;
    return this.core.makeOutgoingRequestMessage(
      'INVITE',
      parts.target,
      parts.from,
      parts.to,
      { callId, fromTag, cseq },
      [`Contact: ${this.contact()}`, ALLOW, ...parts.headers],
      parts.body,
    );
  }

  /** Work that nobody waits for; a failure of it is told and harms no other call. */
  background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#hooks.notice('sip_internal', explain(error)));
  }

  /** A BYE or the like that is to be answered before the sockets close. */
  async goodbye(said: Promise<unknown>): Promise<void> {
    this.#goodbyes.add(said);
    try {
      await said;
    } finally {
      this.#goodbyes.delete(said);
    }
  }

  /** Ends the registration; calls going on stay, and no new ones come. */
  retire(): Promise<void> {
    // Whoever asks again waits for the same: sockets that close meanwhile would cut the goodbye off.
    this.#retiring ??= this.#registration?.stop() ?? Promise.resolve();
    this.#registration = null;
    return this.#retiring;
  }

  /** Resolves when its sockets are free again. */
  get closed(): Promise<void> {
    return this.#closing.promise;
  }

  get retired(): boolean {
    return this.#retiring !== null;
  }

  /** Never throws: whatever sip.js makes of a half-built dialog, the sockets close. */
  async close(): Promise<void> {
    const patience = new Scope();
    await Promise.race([
      Promise.allSettled([this.retire(), ...this.#goodbyes]),
      new Promise<void>((resolve) => patience.after(GOODBYE_MS, resolve)),
    ]);
    await patience.close();
    try {
      this.core.dispose();
    } catch (error) {
      this.#hooks.notice('sip_internal', explain(error));
    }
    try {
      await this.#layer?.close();
      await this.scope.close();
    } catch (error) {
      this.#hooks.notice('sip_internal', explain(error));
    }
    this.#layer = null;
    this.#closing.resolve();
  }

  #send(text: string): Promise<void> {
    if (!this.#layer) return Promise.reject(new Error(`account ${this.name} is not up`));
    return this.#layer.send(text);
  }

  #transport(): string {
    return this.#layer?.local.transport ?? 'udp';
  }

  #contactHost(): { readonly host: string; readonly port: number } {
    const local = this.#layer?.local ?? { host: '127.0.0.1', port: 5060 };
    const seen = this.#reflexive ?? local;
    return { host: this.#account.settings.public_address ?? seen.host, port: seen.port };
  }

  /** What NAT makes of us goes into Contact, and the registrar is told. */
  #onReflexive(seen: { readonly host: string; readonly port: number }): void {
    const now = this.#contactHost();
    if (seen.host === now.host && seen.port === now.port) return;
    this.#reflexive = seen;
    const { host, port } = this.#contactHost();
    if (host === now.host && port === now.port) return;
    this.#show({ contact: `${bracketed(host)}:${port}` });
    this.#registration?.refresh();
  }

  #failed(error: unknown): void {
    const problem = problemOf(error);
    this.#failures += 1;
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    const wait = Math.round(longest * (0.75 + this.#means.random() / 2));
    this.#attempt = null;
    this.#show({
      state: 'failed',
      message: problem.message,
      hint: problem.hint,
      retryAt: Math.round(epochMs() + wait),
    });
    this.scope.after(wait, () => {
      if (!this.#layer && this.#attempt === null) this.background(this.start());
    });
  }

  #show(part: Partial<AccountView>): void {
    const next = { ...this.#view, ...part };
    if (isDeepStrictEqual(next, this.#view)) return;
    this.#view = next;
    this.#hooks.view(next);
  }

  #onState(state: 'connected' | 'disconnected', why: string | null): void {
    if (!this.#layer) return;
    if (state === 'disconnected') {
      const message = why ?? 'the connection is lost';
      this.#show({ state: 'failed', message, hint: null, registeredUntil: null });
    } else if (this.#registration) this.#registration.refresh();
    else this.#show(READY);
  }

  #onWire(message: WireMessage): void {
    this.#hooks.wire(this, message);
    const { direction, transport, remote, text } = message;
    if (direction !== 'out' || !text.startsWith('REGISTER ')) return;
    this.#show({ via: `${transport.toUpperCase()} ${remote}` });
  }

  /**
   * A message of the layer's. What it may do within sip.js gets no further than here.
   * @throws SidetoneError 'garbled' when sip.js cannot read it: the layer answers it then
   */
  #receive(text: string): void {
    const message = readable(text);
    try {
      if (message instanceof IncomingRequestMessage) this.#receiveRequest(message);
      else {
        mendContact(message);
        this.core.receiveIncomingResponseFromTransport(message);
      }
    } catch (error) {
      this.#hooks.notice('sip_malformed', `a message could not be taken: ${explain(error)}`);
      this.#refuse(message);
    }
  }

  #receiveRequest(message: IncomingRequestMessage): void {
    const { core } = this;
    const found = core.dialogs.get(`${message.callId}${message.toTag}${message.fromTag}`);
    const dialog = found instanceof SessionDialog ? found : undefined;
    mendContact(message, dialog);
    const known = core.userAgentServers.has(message.viaBranch);
    const unknown = unknownExtension(message, { prack: this.#account.settings.prack });
    if (unknown && !known && !/^(?:INVITE|ACK|CANCEL)$/.test(message.method)) {
      core.replyStateless(message, unknown);
      return;
    }
    if (message.method !== 'UPDATE' || known || !message.toTag) {
      return core.receiveIncomingRequestFromTransport(message);
    }
    const answer = dialog && this.updates.get(dialog.id);
    if (!dialog || !answer) {
      core.replyStateless(message, { statusCode: 481 });
      return;
    }
    const server = updateServer(core, dialog, message);
    if (server) answer(server);
  }

  #refuse(message: IncomingRequestMessage | IncomingResponseMessage): void {
    if (!(message instanceof IncomingRequestMessage) || message.method === 'ACK') return;
    try {
      this.core.replyStateless(message, { statusCode: 400 });
    } catch (error) {
      this.#hooks.notice('sip_malformed', `nor could it be refused: ${explain(error)}`);
    }
  }
}

/** @throws SidetoneError 'garbled' */
function readable(text: string): IncomingRequestMessage | IncomingResponseMessage {
  let message: IncomingRequestMessage | IncomingResponseMessage | null = null;
  let why = 'a header cannot be read';
  try {
    message = parseMessage(text);
  } catch (error) {
    why = explain(error);
  }
  if (!message?.via || !message.from || !message.to || !message.callId || !Number.isSafeInteger(message.cseq))
    throw new SidetoneError('garbled', why);
  return message;
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
