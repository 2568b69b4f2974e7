import type { MessagePortMain } from 'electron';
import { isEveryAddress } from '../backend/base/address.ts';
import { SidetoneError, problemOf } from '../backend/base/errors.ts';
import type { Scope } from '../backend/base/scope.ts';
import type { AppSettings } from '../backend/contract/app-settings.ts';
import type { CallEvent } from '../backend/contract/events.ts';
import type { BotFolder, CallAction, CallAudio, PlaceCommand } from '../backend/contract/host.ts';
import { SignalBatch } from '../backend/contract/signals.ts';
import { audioFromWindow, type AudioToWindow, type HostStatus } from '../backend/contract/window.ts';
import { Host, type BotRejection, type HostOptions } from '../backend/host/host.ts';
import type { PhoneWatch } from '../backend/host/phone.ts';
import { CallBook } from './call-book.ts';
import { Health } from './health.ts';
import { Outbox, type Send } from './outbox.ts';
import { StatusWatch } from './status-watch.ts';

export interface DeskOptions extends Pick<
  HostOptions,
  'modelsDir' | 'recordsDir' | 'version' | 'env' | 'usualBot'
> {
  readonly scope: Scope;
  readonly send: Send;
  onBot(change: BotFolder | BotRejection): void;
  /** What the host's phone has to tell, and asks. */
  readonly phone: PhoneWatch;
  /** For what the main process does about a call: notices, retention. */
  onEvent(event: CallEvent): void;
}

/**
 * The engine with the window in front of it: what the host tells is kept for windows that open later and passed on
 * at the window's pace; the person's audio goes between the window's port and the calls.
 */
export class Desk {
  readonly host: Host;
  readonly health = new Health();
  readonly #options: DeskOptions;
  readonly #book = new CallBook();
  readonly #outbox: Outbox;
  readonly #status: StatusWatch;
  readonly #personOn = new Set<string>();
  readonly #listenedIn = new Set<string>();
  #audio: MessagePortMain | null = null;
  /** One attempt to listen after the other. */
  #listening: Promise<void> = Promise.resolve();

  constructor(options: DeskOptions) {
    const { scope, send } = options;
    this.#options = options;
    this.#outbox = new Outbox(scope, send, () => this.#replay());
    this.host = Host.start({
      modelsDir: options.modelsDir,
      recordsDir: options.recordsDir,
      version: options.version,
      env: options.env,
      onEvent: (event) => this.#take(event),
      onSignals: (batch) => this.#takeSignals(batch),
      onAudio: (audio) => this.#play(audio),
      onBot: (change) => options.onBot(change),
      ...options.phone,
    });
    // Also while no window is there: the next one shows what happened meanwhile.
    void this.host.signals(true).catch(() => undefined);
    this.#status = new StatusWatch({
      scope,
      host: this.host,
      health: this.health,
      changed: (status) => send('host.status', status),
    });
  }

  get status(): HostStatus {
    return this.#status.status;
  }

  /** Calls where the person speaks. */
  get personOn(): ReadonlySet<string> {
    return this.#personOn;
  }

  get callsGoingOn(): number {
    return this.#book.live;
  }

  logs(): readonly (readonly CallEvent[])[] {
    return this.#book.logs();
  }

  /** A window is up and is given its snapshot: from now on everything goes to it, the signals so far first. */
  windowOpened(): void {
    this.#outbox.open();
  }

  /** The window's page is gone. */
  windowGone(): void {
    this.#outbox.close();
    this.#audio?.close();
    this.#audio = null;
    void this.microphone(false, 'the window is gone');
    // The next window begins with silence; who wants to go on listening says so.
    for (const call of this.#listenedIn) {
      void this.host.act(call, { type: 'listen_in', on: false }).catch(() => undefined);
    }
    this.#listenedIn.clear();
  }

  signalsTaken(batch: number): void {
    this.#outbox.taken(batch);
  }

  /** Answers calls by these settings, in the place of whatever answered before; trouble shows in the status. */
  async listen(bot: string, { host, port, allow }: AppSettings['listen']): Promise<void> {
    const attempt = async (): Promise<void> => {
      this.#status.listening(null, null);
      try {
        await this.host.unlisten();
        const bound = await this.host.listen({ host, port, bot, ...(allow.length > 0 ? { allow } : {}) });
        this.#status.listening({ host, port: bound }, null);
      } catch (error) {
        this.#status.listening(await this.#listenAtHome(bot), problemOf(error));
      }
    };
    this.#listening = this.#listening.then(attempt);
    await this.#listening;
  }

  /** Where the wanted address cannot be had, demo calls still find the bot at one of this machine's own. */
  async #listenAtHome(bot: string): Promise<HostStatus['listening']> {
    const host = '127.0.0.1';
    return this.host.listen({ host, port: 0, bot }).then(
      (port) => ({ host, port }),
      () => null,
    );
  }

  /**
   * Where a call from this machine reaches the bot that answers, once the attempt to listen under way is through.
   * @throws SidetoneError 'usage' when none answers.
   */
  async ownAddress(): Promise<{ readonly host: string; readonly port: number }> {
    await this.#listening;
    const { listening, listenProblem } = this.#status.status;
    if (!listening) {
      const why = listenProblem ? `: ${listenProblem.message}` : '';
      throw new SidetoneError('usage', `no bot answers calls${why}`, {
        hint: listenProblem?.hint ?? 'the status bar says why',
      });
    }
    return { host: isEveryAddress(listening.host) ? '127.0.0.1' : listening.host, port: listening.port };
  }

  place(options: Omit<PlaceCommand, 'type' | 'call'>): Promise<string> {
    return this.host.place(options);
  }

  async act(call: string, action: CallAction): Promise<void> {
    await this.host.act(call, action);
    if (action.type !== 'listen_in') return;
    if (action.on) this.#listenedIn.add(call);
    else this.#listenedIn.delete(call);
  }

  /** What became of the person's microphone, for each call where it speaks. */
  async microphone(live: boolean, message: string): Promise<void> {
    const action: CallAction = { type: 'microphone', live, message };
    // A call that ends at this very moment needs no microphone.
    await Promise.allSettled([...this.#personOn].map((call) => this.host.act(call, action)));
  }

  /** The window's audio port; a new one takes the old one's place. */
  audioPort(port: MessagePortMain): void {
    this.#audio?.close();
    this.#audio = port;
    port.on('close', () => {
      if (this.#audio === port) this.#audio = null;
    });
    port.on('message', ({ data }) => {
      const frame = audioFromWindow.safeParse(data);
      if (frame.success) this.host.microphone(frame.data.pcm);
    });
    port.start();
  }

  async close(): Promise<void> {
    await this.host.close();
  }

  #take(event: CallEvent): void {
    if (event.type === 'call.started' && event.party === 'person') this.#personOn.add(event.call);
    if (event.type === 'person.took_over') {
      if (event.on) this.#personOn.add(event.call);
      else this.#personOn.delete(event.call);
    }
    if (event.type === 'call.ended') this.#personOn.delete(event.call);
    this.#book.take(event);
    this.health.take(event);
    this.#outbox.event(event);
    this.#options.onEvent(event);
  }

  #takeSignals(batch: Uint8Array): void {
    this.#book.takeSignals(batch);
    this.#outbox.signals(batch);
  }

  #play({ call, side, pcm }: CallAudio): void {
    const audio: AudioToWindow = { call, side, pcm };
    this.#audio?.postMessage(audio);
  }

  #replay(): void {
    const batch = new SignalBatch();
    this.#book.replay(batch, () => {
      const bytes = batch.take();
      if (bytes) this.#outbox.sendSignals(bytes);
    });
  }
}
