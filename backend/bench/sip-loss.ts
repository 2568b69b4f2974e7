import { newCallId } from '../base/call-id.ts';
import type { Scope } from '../base/scope.ts';
import { accountSettings, type Account, type LineView, type SipThreadMessage } from '../contract/sip.ts';
import { UdpRelay } from '../net/udp-relay.ts';
import { SipEngine } from '../sip/engine.ts';
import type { BenchContext } from './context.ts';
import { single, spread } from './percentiles.ts';
import { sleep } from './sleep.ts';

const CALLS = 100;
const BEGIN_EVERY_MS = 50;
const TALK_MS = 300;
const LOSSES = [0, 0.05, 0.1, 0.2];
const GOAL_P95_MS = 2500;
const SEED = 20;
/** Nobody sends audio: the port is only named. */
const MEDIA = { port: 40_000 };

interface Outcome {
  /** From the wish to the answer, ms; null: it was refused or given up. */
  readonly setUpMs: number | null;
  readonly code: number | null;
  /** The far end said 200 to our BYE. */
  readonly byeAnswered: boolean;
}

/** Calls set up and ended through a network that loses datagrams: who is answered, how soon, who says goodbye. */
export async function sipLossBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const calls = quick ? CALLS / 4 : CALLS;
  for (const loss of LOSSES) {
    const round = scope.child();
    const rig = await LossyPair.start(loss, round);
    const outcomes = await Promise.all(
      Array.from({ length: calls }, async (_, index) => {
        await sleep(round, index * BEGIN_EVERY_MS);
        return rig.call();
      }),
    );
    const counts = rig.counts();
    await rig.close();
    await round.close();
    const setUps = outcomes.flatMap(({ setUpMs }) => (setUpMs === null ? [] : [setUpMs]));
    const goodbyes = outcomes.filter(({ byeAnswered }) => byeAnswered).length;
    const timeouts = outcomes.filter(({ code }) => code === 408).length;
    const percent = `${loss * 100} % lost each way`;
    say(`${percent}: ${setUps.length} of ${calls} answered, ${goodbyes} BYEs answered, ${timeouts} timeouts`);
    const common = { bench: 'sip-loss', control: null } as const;
    figure({
      ...common,
      name: `${percent}: answered`,
      unit: 'calls',
      measured: single(setUps.length, calls),
      goal: { atLeast: calls },
      note: `${goodbyes} BYEs answered, ${timeouts} timeouts (408); ${counts}`,
    });
    figure({
      ...common,
      name: `${percent}: BYE answered`,
      unit: 'calls',
      measured: single(goodbyes, calls),
      goal: { atLeast: calls },
    });
    figure({
      ...common,
      name: `${percent}: set-up`,
      unit: 'ms',
      measured: spread(setUps),
      goal: { p95: GOAL_P95_MS },
      note: 'from the wish to call to the 200, answered at once',
    });
  }
}

/** Two engines with a lossy relay between them. All requests of the caller go through it, and all responses to them. */
class LossyPair {
  readonly #scope: Scope;
  readonly #relay: UdpRelay;
  readonly #caller: Watched;
  readonly #callee: Watched;

  private constructor(relay: UdpRelay, caller: Watched, callee: Watched, scope: Scope) {
    this.#relay = relay;
    this.#caller = caller;
    this.#callee = callee;
    this.#scope = scope;
  }

  static async start(loss: number, scope: Scope): Promise<LossyPair> {
    const callee = new Watched('callee');
    callee.onLine((line) => {
      if (line.state === 'incoming')
        void callee.engine.carryOut({ job: 'answer', asked: { call: line.call, media: MEDIA } });
    });
    const { port } = await callee.ready(account('callee', { bind: '127.0.0.1:0', allow: ['127.0.0.0/8'] }));
    const options = { to: { host: '127.0.0.1', port }, seed: SEED, up: { loss }, down: { loss } };
    const relay = await UdpRelay.open(options, scope);
    const caller = new Watched('caller');
    await caller.ready(account('caller', { bind: '127.0.0.1:0', proxy: `127.0.0.1:${relay.port}` }));
    return new LossyPair(relay, caller, callee, scope);
  }

  async call(): Promise<Outcome> {
    const call = newCallId();
    const { engine } = this.#caller;
    const beganAt = performance.now();
    const settled = this.#caller.line(call, ({ state }) => state === 'connected' || state === 'ended');
    await engine.carryOut({
      job: 'place',
      asked: { call, account: 'caller', target: 'sip:callee@callee.invalid', media: MEDIA },
    });
    const { state, end } = await settled;
    if (state === 'ended') return { setUpMs: null, code: end?.code ?? null, byeAnswered: false };
    const setUpMs = performance.now() - beganAt;
    await sleep(this.#scope, TALK_MS);
    const goodbye = this.#caller.goodbye(call);
    await engine.carryOut({ job: 'hang_up', asked: { call, reason: 'hung up' } });
    return { setUpMs, code: null, byeAnswered: await goodbye };
  }

  counts(): string {
    const lost = this.#relay.up.lost + this.#relay.down.lost;
    const passed = this.#relay.up.passed + this.#relay.down.passed;
    return `${lost} of ${lost + passed} datagrams lost, ${this.#caller.repeated + this.#callee.repeated} sent again`;
  }

  async close(): Promise<void> {
    await this.#caller.engine.carryOut({ job: 'close', asked: null });
    await this.#callee.engine.carryOut({ job: 'close', asked: null });
  }
}

/** A SIP engine and what it tells. */
class Watched {
  readonly engine: SipEngine;
  readonly #watchers = new Set<(message: SipThreadMessage) => void>();
  #repeated = 0;

  constructor(version: string) {
    this.engine = new SipEngine({
      version: `bench-${version}`,
      post: (message) => {
        if (message.type === 'sip' && message.message.repeated) this.#repeated += 1;
        for (const watcher of this.#watchers) watcher(message);
      },
    });
  }

  /** Messages sent more than once, by us or by those above. */
  get repeated(): number {
    return this.#repeated;
  }

  onLine(told: (line: LineView) => void): void {
    this.#watchers.add((message) => {
      if (message.type === 'line') told(message.line);
    });
  }

  /** Waits for the first message that `wanted` makes something of. */
  #next<T>(wanted: (message: SipThreadMessage) => T | null): Promise<T> {
    return new Promise((resolve) => {
      const watcher = (message: SipThreadMessage): void => {
        const found = wanted(message);
        if (found === null) return;
        this.#watchers.delete(watcher);
        resolve(found);
      };
      this.#watchers.add(watcher);
    });
  }

  line(call: string, wanted: (line: LineView) => boolean): Promise<LineView> {
    return this.#next((message) =>
      message.type === 'line' && message.line.call === call && wanted(message.line) ? message.line : null,
    );
  }

  /** Whether the answer to the call's BYE was a 200. */
  goodbye(call: string): Promise<boolean> {
    return this.#next((message) => {
      if (message.type !== 'sip' || message.message.call !== call || message.message.direction !== 'in')
        return null;
      const [, status] = /^SIP\/2\.0 ([2-6]\d\d)/.exec(message.message.text) ?? [];
      return status !== undefined && /^CSeq: *\d+ BYE/im.test(message.message.text) ? status === '200' : null;
    });
  }

  /** Starts an account. @returns where it is reached */
  async ready(account: Account): Promise<{ port: number }> {
    const ready = this.#next((message) =>
      message.type === 'account' && message.view.state === 'ready' ? message.view.contact : null,
    );
    await this.engine.carryOut({ job: 'accounts', asked: { accounts: [account] } });
    return { port: Number((await ready).split(':').at(-1)) };
  }
}

function account(name: string, settings: Partial<Account['settings']>): Account {
  return {
    name,
    settings: accountSettings.parse({
      aor: `sip:${name}@${name}.invalid`,
      register: false,
      transport: 'udp',
      ...settings,
    }),
    password: null,
    tls: { verify: true, ca: null, certificate: null, key: null },
  };
}
