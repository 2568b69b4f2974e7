import { randomUUID } from 'node:crypto';
import { Grammar, type IncomingResponseMessage, URI, type UserAgentCore } from 'sip.js/lib/core/index.js';
import type { Clock } from '../base/clock.ts';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { Account, AccountView } from '../contract/sip.ts';
import { eventOf } from './registrar-answer.ts';
import {
  firstState,
  nextStep,
  type RegistrationEvent,
  type RegistrationState,
  type RegistrationView,
} from './registration-plan.ts';

export interface RegistrationOptions {
  readonly core: UserAgentCore;
  readonly account: Account;
  /** Value of our Contact header as it is at that moment, without `expires`. */
  readonly contact: () => string;
  readonly clock: Clock;
  readonly scope: Scope;
  readonly random: () => number;
  readonly onView: (view: Partial<AccountView>) => void;
}

/** How long a goodbye is waited for. */
const GOODBYE_MS = 2000;
/** Between a request and one that a change of address asks for: some NATs give another port each time. */
const SPACING_MS = 1000;

/** One account at its registrar (RFC 3261 section 10): registers, refreshes, tries again, says goodbye. */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #scope: Scope;
  readonly #registrar: URI;
  readonly #aor: URI;
  /** One for all registrations of this account (RFC 3261 section 10.2). */
  readonly #callId: string = randomUUID();
  #state: RegistrationState;
  #cseq = 0;
  /** Answers to requests before the latest count for nothing. */
  #round = 0;
  #busy = false;
  /** Asked for while a request was under way, which may have gone the old way. */
  #again = false;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** The contact that the registrar has; null: none. */
  #bound: string | null = null;
  #cancelTimer: () => void = () => undefined;
  #stopped = false;

  /** @throws SidetoneError 'usage' for an AOR or registrar that is no SIP URI. */
  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#scope = options.scope.child();
    const { aor, registrar, expires_s } = options.account.settings;
    this.#aor = uriOf(aor, 'aor');
    this.#registrar = registrar === null ? domainOf(this.#aor) : registrarUri(registrar);
    this.#state = firstState(expires_s);
  }

  start(): void {
    const { host, port } = this.#registrar;
    const where = port === undefined ? host : `${host}:${port}`;
    this.#options.onView({
      state: 'registering',
      message: `registering at ${where}`,
      hint: null,
      retryAt: null,
    });
    this.#send();
  }

  /** Registers at once: the network is back, or our address has changed. */
  refresh(): void {
    if (this.#busy) this.#again = true;
    else this.#sendIn(this.#spacing());
  }

  /** Takes our contact off the registrar, waiting a moment for its answer; nothing is registered afterwards. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelTimer();
    if (this.#bound !== null) {
      const answered = Promise.withResolvers<void>();
      this.#scope.after(GOODBYE_MS, answered.resolve);
      const done = () => answered.resolve();
      const request = this.#request([`Contact: ${this.#bound};expires=0`, 'Expires: 0']);
      this.#options.core.register(request, { onAccept: done, onReject: done, onRedirect: done });
      await answered.promise;
    }
    await this.#scope.close();
  }

  #send(): void {
    if (this.#stopped || this.#scope.closed) return;
    this.#cancelTimer();
    this.#busy = true;
    this.#again = false;
    this.#round += 1;
    this.#sentAt = this.#options.clock.now();
    const round = this.#round;
    const contact = this.#options.contact();
    const { expiresS } = this.#state;
    const old = this.#bound;
    const request = this.#request([
      `Contact: ${contact};expires=${expiresS}`,
      ...(old === null || old === contact ? [] : [`Contact: ${old};expires=0`]),
      `Expires: ${expiresS}`,
    ]);
    const settle = (response: IncomingResponseMessage) => {
      if (round !== this.#round || this.#stopped) return;
      this.#cseq = Math.max(this.#cseq, request.cseq);
      const event = eventOf(response, contact, this.#options.account);
      if (event.type === 'accepted') this.#bound = contact;
      this.#settle(event, contact);
    };
    this.#options.core.register(request, {
      onAccept: ({ message }) => settle(message),
      onReject: ({ message }) => settle(message),
      onRedirect: ({ message }) => settle(message),
    });
  }

  #settle(event: RegistrationEvent, contact: string): void {
    const { clock, random, onView } = this.#options;
    const step = nextStep(this.#state, event, clock.now(), random());
    this.#state = step.state;
    this.#busy = false;
    if (step.view) onView(viewOf(step.view));
    const moved = event.type === 'accepted' && this.#options.contact() !== contact;
    const undelivered = event.type === 'refused' && (event.code === 408 || event.code === 503);
    this.#sendIn(moved || (undelivered && this.#again) ? this.#spacing() : step.nextInMs);
  }

  #sendIn(ms: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#scope.after(ms, () => this.#send());
  }

  #spacing(): number {
    return Math.max(0, this.#sentAt + SPACING_MS - this.#options.clock.now());
  }

  #request(headers: readonly string[]) {
    const { core, account } = this.#options;
    this.#cseq += 1;
    const hop = this.#state.hops.at(-1);
    const target = (hop === undefined ? null : Grammar.URIParse(hop)) ?? this.#registrar;
    return core.makeOutgoingRequestMessage(
      'REGISTER',
      target,
      this.#aor,
      this.#aor,
      {
        cseq: this.#cseq,
        callId: this.#callId,
        ...(account.settings.display_name === null ? {} : { fromDisplayName: account.settings.display_name }),
      },
      // RFC 3327: proxies on the way may add themselves to how we are reached.
      [...headers, 'Supported: path'],
    );
  }
}

function viewOf({ until, retryAt, ...view }: RegistrationView): Partial<AccountView> {
  return { ...view, registeredUntil: epochOf(until), retryAt: epochOf(retryAt) };
}

function epochOf(ms: number | null): number | null {
  return ms === null ? null : performance.timeOrigin + ms;
}

function domainOf(aor: URI): URI {
  return new URI(aor.scheme, '', aor.host, aor.port);
}

function registrarUri(text: string): URI {
  const socket = /^wss:\/\/([^/]+)/i.exec(text)?.[1];
  const registrar = uriOf(socket === undefined ? text : `sip:${socket};transport=ws`, 'registrar').clone();
  registrar.user = undefined;
  return registrar;
}

function uriOf(text: string, what: string): URI {
  const uri = Grammar.URIParse(/^sips?:/i.test(text) ? text : `sip:${text}`);
  if (!uri) {
    throw new SidetoneError('usage', `${what} '${text}' is not a SIP URI`, {
      hint: what === 'aor' ? 'as sip:alice@example.com' : 'as sip:10.0.0.1:5060;transport=tcp, or HOST:PORT',
    });
  }
  return uri;
}
