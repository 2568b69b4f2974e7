import type { IncomingInviteRequest } from 'sip.js/lib/core/index.js';
import { newCallId } from '../base/call-id.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { SidetoneError, explain, unreachable } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { Account, LineView, SipJob, SipStart, SipThreadMessage, SipWork } from '../contract/sip.ts';
import { NO_ACCOUNT, changeOf, passingAccount, samePort } from './accounts.ts';
import { Agent, type AgentHooks, type AgentMeans } from './agent.ts';
import { Call } from './call.ts';
import { callerOf, plain } from './caller.ts';
import { Ladder } from './ladder.ts';
import { objection } from './offered-call.ts';
import { parseReplaces } from './replaces.ts';
import { parseUri } from './sip-js.ts';
import { domainOf, targetUri } from './target.ts';
import { type Dns, SystemDns } from './transport/dns.ts';

/** Beyond this many calls at once a new one is told to try later. */
const MOST_CALLS = 2_000;
const NOTICE_MS = 1_000;
/** From the decision to hang up to the BYE, and to its answer where the far end is near. */
const GOODBYE_MS = 20;
/** As long as a transaction can take (64 * T1). */
const LINGER_MS = 32_000;

export interface EngineOptions extends SipStart {
  post(message: SipThreadMessage): void;
  readonly clock?: Clock;
  readonly dns?: Dns;
  readonly random?: () => number;
}

/** A job of the SIP thread with what it was asked. */
export type Asked = {
  readonly [J in SipJob]: { readonly job: J; readonly asked: SipWork[J]['asked'] };
}[SipJob];

/** All accounts and all their calls: carries out what the host asks, and tells it what happens. */
export class SipEngine {
  readonly #scope = new Scope();
  readonly #post: (message: SipThreadMessage) => void;
  readonly #means: AgentMeans;
  readonly #ladder: Ladder;
  /** By account. */
  readonly #agents = new Map<string, Agent>();
  /** By far end, for calls without an account. */
  readonly #passing = new Map<string, Agent>();
  /** Of these, who has no calls any more: the last BYE may still have to be repeated. */
  readonly #lingering = new Set<Agent>();
  /** Replaced or removed, with calls still going on. */
  readonly #leaving = new Set<Agent>();
  readonly #calls = new Map<string, Call>();
  /** Told lately, by their code. */
  readonly #noticed = new Set<string>();
  /** Whose own number a check is calling: that call is not for us. */
  readonly #checked = new Set<Agent>();
  #closed = false;

  constructor(options: EngineOptions) {
    const { version, clock, dns, random } = options;
    this.#post = (message) => options.post(message);
    this.#means = {
      version,
      clock: clock ?? systemClock,
      dns: dns ?? new SystemDns(),
      random: random ?? Math.random,
    };
    this.#ladder = new Ladder(this.#scope, (message) => this.#post({ type: 'sip', message }));
  }

  /** @throws SidetoneError saying why it cannot be done. */
  async carryOut(work: Asked): Promise<SipWork[SipJob]['answer']> {
    if (this.#closed && work.job !== 'close')
      throw new SidetoneError('cancelled', 'telephony has been closed');
    switch (work.job) {
      case 'accounts':
        return this.#setAccounts(work.asked.accounts);
      case 'refresh':
        await this.#agent(work.asked.account).refresh();
        return null;
      case 'place':
        return this.#place(work.asked);
      case 'ring':
        this.#call(work.asked.call).ring();
        return null;
      case 'answer':
        await this.#call(work.asked.call).answer(work.asked.media);
        return null;
      case 'reject':
        this.#call(work.asked.call).reject(work.asked.code, work.asked.reason);
        return null;
      case 'hang_up':
        // What it says is told as a line at once; the far end's answer to it need not be waited for.
        this.#background(this.#calls.get(work.asked.call)?.hangUp(work.asked.reason));
        return null;
      case 'hold':
        await this.#call(work.asked.call).hold(work.asked.on);
        return null;
      case 'keys':
        await this.#call(work.asked.call).keys(work.asked.digits);
        return null;
      case 'transfer': {
        const call = this.#call(work.asked.call);
        await call.transfer(targetUri(work.asked.target, call.agent.passing ? null : homeOf(call.agent)));
        return null;
      }
      case 'join':
        await this.#call(work.asked.call).join(this.#call(work.asked.other));
        return null;
      case 'check':
        return this.#check(work.asked);
      case 'probe':
        return this.#probe(work.asked);
      case 'close':
        await this.#close();
        return null;
      default:
        return unreachable(work);
    }
  }

  /** Lets a fault of one message harm nothing but itself: for what sip.js throws where nobody can catch it. */
  survive(error: unknown): void {
    this.#notice('sip_internal', `a fault while a SIP message was worked on: ${explain(error)}`);
  }

  /** What is kept by sip.js of all accounts: nothing must be left once calls are over and forgotten. */
  get held(): { readonly dialogs: number; readonly servers: number; readonly clients: number } {
    const cores = [...this.#agents.values(), ...this.#passing.values(), ...this.#leaving].map(
      ({ core }) => core,
    );
    const sum = (size: (core: Agent['core']) => number): number =>
      cores.reduce((total, core) => total + size(core), 0);
    return {
      dialogs: sum((core) => core.dialogs.size),
      servers: sum((core) => core.userAgentServers.size),
      clients: sum((core) => core.userAgentClients.size),
    };
  }

  /**
   * Unchanged accounts stay as they are. Where only manners have changed (codecs, who answers...) they count from the
   * next call on. Otherwise a new user agent begins at once and the old one leaves: its registration ends now, its
   * calls go on until they are over. With one and the same port by number the new one has to wait for that.
   */
  async #setAccounts(accounts: readonly Account[]): Promise<null> {
    const kept = new Set(accounts.map(({ name }) => name));
    const goodbyes: Promise<unknown>[] = [];
    for (const [name, agent] of this.#agents) {
      if (!kept.has(name)) goodbyes.push(this.#dismiss(agent));
    }
    await Promise.all(goodbyes);
    for (const account of accounts) {
      const before = this.#agents.get(account.name);
      const change = before ? changeOf(before.account, account) : 'anew';
      if (change === 'none') continue;
      if (before && change === 'manners') {
        before.adopt(account);
        continue;
      }
      const agent = new Agent(account, this.#means, this.#hooks());
      const leave = before ? this.#dismiss(before) : Promise.resolve();
      this.#agents.set(account.name, agent);
      const wait = before !== undefined && samePort(before.account, account);
      this.#background(
        (async () => {
          if (wait) await before.closed;
          else await leave;
          if (!agent.retired) await agent.start();
        })(),
      );
    }
    return null;
  }

  /** Its registration ends; it closes with its last call. */
  async #dismiss(agent: Agent): Promise<void> {
    this.#leaving.add(agent);
    if (this.#agents.get(agent.name) === agent) this.#agents.delete(agent.name);
    await agent.retire();
    this.#sweep();
  }

  /** Closes user agents that have no calls any more and get no new ones. */
  #sweep(): void {
    const busy = new Set([...this.#calls.values()].map(({ agent }) => agent));
    for (const agent of this.#leaving) {
      if (busy.has(agent)) continue;
      this.#leaving.delete(agent);
      this.#background(agent.close());
    }
    for (const [key, agent] of this.#passing) {
      if (busy.has(agent) || this.#lingering.has(agent)) continue;
      this.#lingering.add(agent);
      this.#scope.after(LINGER_MS, () => this.#closePassing(key, agent));
    }
  }

  #closePassing(key: string, agent: Agent): void {
    this.#lingering.delete(agent);
    if ([...this.#calls.values()].some((call) => call.agent === agent)) return;
    this.#passing.delete(key);
    this.#background(agent.close());
  }

  async #place(asked: SipWork['place']['asked']): Promise<LineView> {
    if (this.#calls.has(asked.call))
      throw new SidetoneError('usage', `there is a call ${asked.call} already`);
    const chosen = this.#choose(asked.account, asked.target);
    const target = targetUri(asked.target, chosen && homeOf(chosen));
    const agent = chosen ?? (await this.#passingAgent(target));
    const remote = { uri: plain(target.toString()), name: null };
    const dialled = target.toString();
    const call = this.#newCall({ call: asked.call, direction: 'out', remote, dialled }, agent);
    try {
      await call.dial(target, asked.media);
    } catch (error) {
      // It never became a call: who asked is told why, and nobody else of anything.
      this.#calls.delete(asked.call);
      this.#sweep();
      throw error;
    }
    return call.view;
  }

  /** null: none, peer to peer. @throws SidetoneError for an account that there is not. */
  #choose(account: string | null, target: string): Agent | null {
    if (account === NO_ACCOUNT) return this.#agents.get(account) ?? null;
    if (account !== null) return this.#agent(account);
    const enabled = [...this.#agents.values()].filter((agent) => agent.account.settings.enabled);
    const domain = domainOf(target);
    const fitting = domain === null ? undefined : enabled.find((agent) => agent.aor.host === domain);
    return fitting ?? enabled[0] ?? null;
  }

  async #passingAgent(target: ReturnType<typeof targetUri>): Promise<Agent> {
    const { key, account } = passingAccount(target);
    const present = this.#passing.get(key);
    if (present) return present;
    const agent = new Agent(account, this.#means, { ...this.#hooks(), view: () => undefined }, true);
    this.#passing.set(key, agent);
    await agent.start();
    return agent;
  }

  #hooks(): AgentHooks {
    return {
      view: (view) => this.#post({ type: 'account', view }),
      invite: (agent, request) => this.#onInvite(agent, request),
      wire: (agent, message) => this.#ladder.take(agent.name, message),
      notice: (code, message) => this.#notice(code, message),
    };
  }

  #onInvite(agent: Agent, request: IncomingInviteRequest): void {
    const { message } = request;
    const replaces = message.getHeaders('replaces');
    const refuse = (statusCode: number, extraHeaders: string[] = []): void =>
      void request.reject({ statusCode, extraHeaders });
    if (this.#closed || agent.retired || agent.passing) return refuse(480);
    if (this.#checked.has(agent) && message.from.uri.user === agent.aor.user) return refuse(480);
    const unfit = objection(agent, message);
    if (unfit) return void request.reject(unfit);
    const [value] = replaces;
    if (value !== undefined) return this.#onReplaces(agent, request, replaces.length > 1 ? '' : value);
    if (this.#calls.size >= MOST_CALLS) return refuse(503, ['Retry-After: 30']);
    const trusted = agent.account.settings.allow.length === 0;
    // A registrar puts our Contact there, which tells nothing: then To names the number that was dialled.
    const asked = agent.dialled(message.callId) ?? message.ruri?.toString() ?? agent.aor.toString();
    const dialled = parseUri(asked)?.user === agent.aor.user ? plain(message.to.uri.toString()) : asked;
    const remote = callerOf(message, trusted);
    const call = this.#newCall({ call: newCallId(), direction: 'in', remote, dialled }, agent);
    call.offer(request);
  }

  /** RFC 3891, section 3. */
  #onReplaces(agent: Agent, request: IncomingInviteRequest, value: string): void {
    const replaces = parseReplaces(value);
    if (!replaces) return void request.reject({ statusCode: 400, reasonPhrase: 'Bad Replaces' });
    for (const call of this.#calls.values()) {
      const match = call.match(replaces);
      if (match === null) continue;
      if (match === 'confirmed' && replaces.earlyOnly) return void request.reject({ statusCode: 486 });
      return this.#background(call.replace(agent, request));
    }
    request.reject({ statusCode: 481 });
  }

  #newCall(start: Pick<LineView, 'call' | 'direction' | 'remote' | 'dialled'>, agent: Agent): Call {
    const callIds: string[] = [];
    const call: Call = new Call(start, agent, {
      line: (line) => {
        const tell = (): void => {
          this.#ladder.flush();
          this.#post({ type: 'line', line });
        };
        // Our goodbye leaves in a moment, and is the last that the call's log is told.
        if (line.end?.by === 'us' && !this.#scope.closed) this.#scope.after(GOODBYE_MS, tell);
        else tell();
      },
      media: (id, media) => {
        this.#ladder.flush();
        this.#post({ type: 'media', call: id, media });
      },
      key: (id, { digit, durationMs }) => this.#post({ type: 'key', call: id, digit, durationMs }),
      bind: (callId) => {
        callIds.push(callId);
        this.#ladder.assign(agent.name, callId, start.call);
      },
      ended: () => {
        for (const callId of callIds) this.#ladder.release(agent.name, callId);
        if (this.#calls.get(start.call) === call) this.#calls.delete(start.call);
        this.#sweep();
      },
    });
    this.#calls.set(start.call, call);
    return call;
  }

  async #check({ id, account }: SipWork['check']['asked']): Promise<{ readonly ok: boolean }> {
    const { checkAccount } = await import('./check.ts');
    const agent = this.#agent(account);
    this.#checked.add(agent);
    try {
      return await checkAccount({
        account: agent.account,
        ...this.#means,
        onStep: (step) => this.#post({ type: 'step', id, step }),
      });
    } finally {
      this.#checked.delete(agent);
      // A registrar that keeps one contact only has lost this one to the check's.
      this.#background(agent.refresh());
    }
  }

  async #probe({ id, request }: SipWork['probe']['asked']): Promise<SipWork['probe']['answer']> {
    const { probeAccount } = await import('./probe.ts');
    return probeAccount({
      request,
      ...this.#means,
      onStep: (step) => this.#post({ type: 'step', id, step }),
    });
  }

  #agent(name: string): Agent {
    const agent = this.#agents.get(name);
    if (agent) return agent;
    throw new SidetoneError('usage', `there is no account ${name}`, {
      hint:
        this.#agents.size === 0
          ? 'There are no accounts at all.'
          : `There is ${[...this.#agents.keys()].join(', ')}.`,
    });
  }

  #call(id: string): Call {
    const call = this.#calls.get(id);
    if (!call) throw new SidetoneError('usage', `there is no call ${id}, or it is over`);
    return call;
  }

  #background(work: Promise<unknown> | undefined): void {
    work?.catch((error: unknown) => this.#notice('sip_internal', explain(error)));
  }

  /** At most one of a kind each second. */
  #notice(code: string, message: string): void {
    if (this.#noticed.has(code)) return;
    this.#noticed.add(code);
    this.#scope.after(NOTICE_MS, () => this.#noticed.delete(code));
    this.#post({ type: 'notice', code, message });
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.#calls.values()) this.#background(call.hangUp('Sidetone closes'));
    const agents = [...this.#agents.values(), ...this.#passing.values(), ...this.#leaving];
    await Promise.all(agents.map((agent) => agent.close()));
    this.#ladder.flush();
    await this.#scope.close();
  }
}

function homeOf(agent: Agent): string {
  const { host, port } = agent.aor;
  return port === undefined ? host : `${host}:${port}`;
}
