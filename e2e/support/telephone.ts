import type { Account, AccountView, LineView } from '../../backend/contract/sip.ts';
import type { IncomingAnswer } from '../../backend/host/incoming.ts';
import { Engine } from './engine.ts';
import { Microphone } from './microphone.ts';
import { tune } from './tones.ts';
import { until } from './until.ts';

/** What the person at our end says all the time. */
export const OUR_TUNE = tune('sidetone');

/** The engine with SIP accounts, and a person at its microphone who says OUR_TUNE again and again. */
export class Telephone implements AsyncDisposable {
  readonly engine: Engine;
  readonly #microphone: Microphone;
  #over = false;

  private constructor(engine: Engine) {
    this.engine = engine;
    this.#microphone = new Microphone(engine.host);
    void this.#talk();
  }

  /** Resolves when every account is registered, or ready where it does not register; `failing` are those that cannot. */
  static async start(accounts: readonly Account[], failing: readonly Account[] = []): Promise<Telephone> {
    // As a window does: a bot's calls are the bot's, all others ring until a test answers them, or a rule does.
    const incoming = ({ account: called }: LineView): IncomingAnswer => {
      const settings = accounts.find(({ name }) => name === called)?.settings;
      if (settings?.who === 'bot' && settings.bot !== null) return { type: 'bot', dir: settings.bot };
      return { type: settings?.auto_answer.length ? 'person' : 'wait' };
    };
    const telephone = new Telephone(await Engine.start({ incoming }));
    try {
      await telephone.engine.host.phone.setAccounts([...accounts, ...failing]);
      await Promise.all(accounts.map(({ name }) => telephone.usable(name)));
    } catch (error) {
      await telephone[Symbol.asyncDispose]();
      throw error;
    }
    return telephone;
  }

  /** The account's latest view, once it fits. */
  account(name: string, what: string, fits: (view: AccountView) => boolean): Promise<AccountView> {
    const view = (): AccountView | undefined =>
      this.engine.host.phone.accounts.find((account) => account.name === name);
    return until(`account ${name} to be ${what}`, () => {
      const found = view();
      return found && fits(found) ? found : null;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${JSON.stringify(view())}\n${this.ladder()}`);
    });
  }

  usable(name: string): Promise<AccountView> {
    return this.account(name, 'usable', ({ state }) => state === 'registered' || state === 'ready');
  }

  /** The person calls. */
  call(account: string | null, target: string): Promise<string> {
    return this.engine.host.phone.place({ account, target, party: { kind: 'person' }, maxMs: null });
  }

  /** The call's line as it is told of when it first fits, come already or still to come. */
  line(call: string, what: string, fits: (line: LineView) => boolean): Promise<LineView> {
    return until(`call ${call} to be ${what}`, () =>
      this.engine.lines.find((line) => line.call === call && fits(line)),
    ).catch((error: unknown) => {
      throw new Error(
        `${String(error)}; it is ${JSON.stringify(this.engine.lines.findLast((line) => line.call === call))}\n${this.ladder(call)}`,
      );
    });
  }

  /** Answered, and its audio is there. */
  async connected(call: string): Promise<LineView> {
    const line = await this.line(call, 'connected', ({ state }) => state === 'connected');
    await this.engine.event(call, 'call.started');
    return line;
  }

  ended(call: string): Promise<LineView> {
    return this.line(call, 'over', ({ state }) => state === 'ended');
  }

  hangUp(call: string): Promise<void> {
    return this.engine.host.act(call, { type: 'hang_up', reason: 'the test is over' });
  }

  /** The next call that comes in from now on, as its ringing line. */
  async incoming(what = 'a call'): Promise<LineView> {
    const known = new Set(this.engine.lines.map(({ call }) => call));
    return until(`${what} to come in`, () =>
      this.engine.lines.find(({ call, direction }) => direction === 'in' && !known.has(call)),
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.ladder()}`);
    });
  }

  /** What has come over a call so far, 8 kHz; `from`: leaves that many samples out. */
  heard(call: string, from = 0): Int16Array {
    const parts = this.engine.audio.filter((audio) => audio.call === call && audio.side === 'caller');
    return Int16Array.from(parts.flatMap(({ pcm }) => [...pcm])).subarray(from);
  }

  /** More than this many samples have come over a call, counted from `from`. Returns them. */
  async hears(call: string, samples: number, from = 0): Promise<Int16Array> {
    return until(`${samples} samples over ${call}`, () => {
      const heard = this.heard(call, from);
      return heard.length >= samples ? heard : null;
    });
  }

  /** SIP messages of a call, or all, as text: what a failed test prints. */
  ladder(call: string | null = null): string {
    return this.engine.sip
      .filter((message) => call === null || message.call === call)
      .slice(-24)
      .map(({ direction, text }) => `${direction === 'in' ? '<--' : '-->'} ${text.trim()}`)
      .join('\n\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#microphone[Symbol.asyncDispose]();
    await this.engine[Symbol.asyncDispose]();
  }

  async #talk(): Promise<void> {
    while (!this.#over) await this.#microphone.say(OUR_TUNE).catch(() => undefined);
  }
}
